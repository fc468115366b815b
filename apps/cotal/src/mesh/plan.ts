import { asToken, CotalError, quoted, type Token } from "@cotal/subjects";
import { formatBytes } from "../bytes.ts";
import type { OptionValues } from "../option-table.ts";
import { type Network, type TlsFiles, thisMachine } from "./network.ts";
import type { MeshSettings } from "./settings.ts";

export type UpOptionName = "space" | "open" | "port" | "sync" | "storage" | "as";

/** What there is beside the mesh. */
export interface Surroundings {
  /** What a new mesh is called unless somebody says. */
  readonly spaceName: string;
  /** Where other meshes of this user lie, by their spaces. */
  readonly taken: ReadonlyMap<string, string>;
}

export interface Planning {
  readonly asked: OptionValues<UpOptionName>;
  readonly network?: Network;
  /** What the mesh was made with. */
  readonly made: MeshSettings | undefined;
  /** The broker that runs, if one does. */
  readonly running: { readonly port?: number | undefined; readonly everyWrite: boolean } | undefined;
  readonly login: () => string;
  readonly around: Surroundings;
}

const GiB = 1024 ** 3;
const defaults = { shards: 2, storageBytes: 4 * GiB };

/** How the mesh is to be. What it is already stays; whoever asks for something else is refused. */
export function planMesh({ asked, network = {}, made, running, login, around }: Planning): MeshSettings {
  if (made === undefined) return { ...newMesh(asked, { login, around }), ...network };
  requireSame("space", asked.space, made.space);
  requireSame("mode", asked.open === true ? "open" : undefined, made.mode);
  requireSame("name of your peer", asked.as, made.peer);
  requireSame("storage", asked.storage && formatBytes(asked.storage), formatBytes(made.storageBytes));
  if (running !== undefined) {
    requireSame("port", asked.port, running.port, stopFirst);
    requireSame("sync", asked.sync, running.everyWrite ? "always" : "group", stopFirst);
    requireSame("host", network.host, made.host ?? thisMachine, stopFirst);
    requireSame("certificate", network.tls && text(network.tls), made.tls && text(made.tls), stopFirst);
  }
  const sync = asked.sync ?? made.sync;
  const port = asked.port ?? made.port;
  return { ...made, ...given(network), sync, port };
}

function text({ certFile, keyFile, caFile = "none of its own" }: TlsFiles): string {
  return `${certFile}, its key ${keyFile} and the authority ${caFile}`;
}

function given(network: Network): Network {
  return Object.fromEntries(Object.entries(network).filter(([, value]) => value !== undefined));
}

function newMesh(
  asked: OptionValues<UpOptionName>,
  { login, around }: Pick<Planning, "login" | "around">,
): MeshSettings {
  return {
    space: freeName(asked.space ?? spaceName(around.spaceName), around),
    mode: asked.open === true ? "open" : "auth",
    shards: defaults.shards,
    storageBytes: asked.storage ?? defaults.storageBytes,
    sync: asked.sync ?? "group",
    port: asked.port,
    peer: asked.as ?? peerName(login),
  };
}

/** Nor is a folder bent into the name of a space. */
function spaceName(text: string): Token {
  try {
    return asToken("space", text);
  } catch (cause) {
    throw new CotalError("bad-token", `the folder ${quoted(text)} cannot be the name of the space`, {
      hint: 'choose one yourself: cotal up --here --space <name>, of letters, digits, "_" and "-"',
      cause,
    });
  }
}

/** By its space a mesh is named, so no two meshes of a user have the same. */
function freeName(space: Token, { taken }: Surroundings): Token {
  const folder = taken.get(space);
  if (folder === undefined) return space;
  throw new CotalError("space-taken", `the space ${space} is that of your mesh in ${quoted(folder)}`, {
    hint: "choose another name: --space <name>",
    data: { space, folder },
  });
}

/** A login that is no name of a peer is not bent into one. */
function peerName(login: () => string): Token {
  try {
    return asToken("name", login());
  } catch (cause) {
    throw new CotalError("bad-token", "your login cannot be the name of your peer", {
      hint: 'choose one yourself: cotal up --as <name>, of letters, digits, "_" and "-"',
      cause,
    });
  }
}

const stopFirst = "to change it, run cotal down first";
const startAnew =
  "leave the option away; for another mesh use cotal up --here in a folder of its own, or delete this one with cotal down --purge --yes";

function requireSame<Value>(
  what: string,
  asked: Value | undefined,
  is: Value | undefined,
  hint = startAnew,
): void {
  if (asked === undefined || asked === is) return;
  throw new CotalError("mesh-differs", `the mesh has the ${what} ${is}, not ${asked}`, {
    hint,
    data: { option: what, is, asked },
  });
}
