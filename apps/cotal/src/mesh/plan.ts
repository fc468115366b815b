import { asToken, CotalError, type Token } from "@cotal/subjects";
import { formatBytes } from "../bytes.ts";
import type { OptionValues } from "../option-table.ts";
import type { MeshSettings } from "./settings.ts";

export type UpOptionName = "space" | "open" | "port" | "sync" | "storage" | "as";

export interface Planning {
  readonly asked: OptionValues<UpOptionName>;
  /** What the mesh was made with. */
  readonly made: MeshSettings | undefined;
  /** The broker that runs, if one does. */
  readonly running: { readonly port?: number | undefined; readonly everyWrite: boolean } | undefined;
  readonly login: () => string;
}

const GiB = 1024 ** 3;
const defaults = { shards: 2, storageBytes: 4 * GiB };

/** How the mesh is to be. What it is already stays; whoever asks for something else is refused. */
export function planMesh({ asked, made, running, login }: Planning): MeshSettings {
  if (made === undefined) return newMesh(asked, login);
  requireSame("space", asked.space, made.space);
  requireSame("mode", asked.open === true ? "open" : undefined, made.mode);
  requireSame("name of your peer", asked.as, made.peer);
  requireSame("storage", asked.storage && formatBytes(asked.storage), formatBytes(made.storageBytes));
  if (running !== undefined) {
    requireSame("port", asked.port, running.port, stopFirst);
    requireSame("sync", asked.sync, running.everyWrite ? "always" : "group", stopFirst);
  }
  return { ...made, sync: asked.sync ?? made.sync, port: asked.port ?? made.port };
}

function newMesh(asked: OptionValues<UpOptionName>, login: () => string): MeshSettings {
  return {
    space: asked.space ?? asToken("space", "main"),
    mode: asked.open === true ? "open" : "auth",
    shards: defaults.shards,
    storageBytes: asked.storage ?? defaults.storageBytes,
    sync: asked.sync ?? "group",
    port: asked.port,
    peer: asked.as ?? peerName(login),
  };
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
  "leave the option away; for another mesh set COTAL_HOME to another folder, or delete this one with cotal down --purge --yes";

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
