import { systemClock } from "@cotal/session";
import { CotalError, type Token } from "@cotal/subjects";
import { type MintOrder, mint, saveCredential } from "@cotal/trust";
import type { Call, Definition } from "../command.ts";
import { withLock } from "../home/lock.ts";
import { defaultRights, type PeerWish, requireMintable, takePeer } from "../mesh/peers.ts";
import { openRunningMesh, type RunningMesh } from "../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../mesh/seat-identity.ts";
import { facts, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { heldCredential } from "../rights/held-credential.ts";
import { peerWithRights } from "../rights/peer-rights.ts";
import { requireAuth } from "../rights/revoke-peer.ts";
import type { Mintable } from "../rights/rights-options.ts";

type Name =
  | "profile"
  | "role"
  | "allowSubscribe"
  | "allowPublish"
  | "serves"
  | "capabilities"
  | "ttl"
  | "dryRun";
type MintCall = Call<Name, "agent">;

export const definition: Definition<Name, "agent"> = {
  options: ["profile", "role", "allowSubscribe", "allowPublish", "serves", "capabilities", "ttl", "dryRun"],
  arguments: ["agent"],
  details: [
    "Makes a peer and writes its credential into a file that only you may read; it is never printed. Hand the",
    "file over, for cotal join <link> --creds <file>. The same again changes nothing; a peer that was revoked",
    "is welcome again, with the same key.",
  ],
};

export async function run(call: MintCall): Promise<Outcome> {
  const { host, options, words, step } = call;
  requireOutsideSeat(host);
  const { profile = "agent" } = options;
  const mesh = await openRunningMesh(host);
  requireAuth(mesh);
  step(`minting ${words.agent}`);
  const make = (): Promise<Made> =>
    profile === "agent" ? mintAgent(mesh, call) : mintTool(mesh, call, profile);
  if (options.dryRun === true) return await planned(mesh, call, profile);
  const made = await withLock(mesh.files.folder, make, { waitMs: lockWaitMs, signal: host.interrupted });
  const { id, how, expiresAt } = made;
  const path = mesh.files.credential(words.agent);
  const until = expiresAt === undefined ? undefined : new Date(expiresAt).toISOString();
  return {
    result: { name: words.agent, id, profile, how, path, expiresAt: until },
    lines: facts([
      [how === "found" ? "found" : "minted", toned("strong", words.agent), `, ${profile}, ${id}`],
      ["until", until ?? "for good"],
      ["file", path],
      ["next", `whoever has it joins by cotal join <link> --creds <file>; cotal link prints the link`],
    ]),
  };
}

const lockWaitMs = 60_000;

interface Made {
  readonly id: string;
  readonly how: "made" | "renewed" | "found";
  readonly expiresAt: number | undefined;
}

/** What would be made. What lies there already may need a new life, which is told when it is minted. */
async function planned(mesh: RunningMesh, call: MintCall, profile: Mintable): Promise<Outcome> {
  const { agent: name } = call.words;
  const held = await heldCredential(mesh.files, name);
  if (profile === "agent") requireMintable(mesh, await wishIn(mesh, call));
  else if (held !== undefined) throw nameTaken(name);
  const done = held === undefined ? toned("warn", "would mint") : "found";
  return {
    result: { name, id: held?.id, profile, how: held === undefined ? "made" : "found", dryRun: true },
    lines: [[done, `  ${name}, ${profile}`]],
  };
}

async function mintAgent(mesh: RunningMesh, call: MintCall): Promise<Made> {
  try {
    const at = { dial: mesh.dial, signal: call.host.interrupted };
    return await takePeer(mesh, await wishIn(mesh, call), at);
  } catch (error) {
    throw otherRights(call.words.agent, error) ?? error;
  }
}

async function wishIn(mesh: RunningMesh, call: MintCall): Promise<PeerWish> {
  const { options, words } = call;
  const { role, allowSubscribe, allowPublish, serves, capabilities, ttl: lifeMs } = options;
  const { more, ...standing } = await standingOf(mesh, call);
  return {
    ...standing,
    ...given({ role, allowSubscribe, allowPublish }),
    more: { ...more, ...given({ serves, capabilities, lifeMs }) },
    name: words.agent,
    reinstate: true,
  };
}

/** What a peer of this host that exists already may and is; what everybody may when there is none. */
async function standingOf(mesh: RunningMesh, { words, host }: MintCall): Promise<Standing> {
  const held = await heldCredential(mesh.files, words.agent);
  if (held === undefined) return { ...defaultRights, kind: "agent" };
  if (held.profile !== "agent") throw nameTaken(words.agent);
  const { capabilities, serves } = held;
  const more = { ...(capabilities.length > 0 && { capabilities }), ...(serves.length > 0 && { serves }) };
  try {
    const { acl, kind, role } = await peerWithRights(mesh, held.id, host.interrupted);
    return { allowSubscribe: acl.allowSubscribe, allowPublish: acl.allowPublish, kind, role, more };
  } catch (error) {
    const isNew = error instanceof CotalError && ["unknown-peer", "acl-unknown"].includes(error.code);
    if (!isNew) throw error;
    return { ...defaultRights, kind: "agent", more };
  }
}

type Standing = Pick<PeerWish, "allowSubscribe" | "allowPublish" | "kind" | "role" | "more">;

function given<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function otherRights(name: Token, error: unknown): CotalError | undefined {
  if (!(error instanceof CotalError) || error.code !== "rights-differ") return undefined;
  const { code, message, data } = error;
  return new CotalError(code, message, {
    hint: `cotal acl show ${name} shows what it may; cotal acl set ${name} changes it`,
    data,
    cause: error,
  });
}

/** It is no peer: nobody writes to it, and there is nothing to provision. */
async function mintTool(
  { files, space }: RunningMesh,
  { options, words: { agent: name } }: MintCall,
  profile: Exclude<Mintable, "agent">,
): Promise<Made> {
  if ((await heldCredential(files, name)) !== undefined) throw nameTaken(name);
  const { role, allowSubscribe, allowPublish, serves, capabilities, ttl: lifeMs } = options;
  const scope = given({
    role,
    allowSubscribe,
    allowPublish,
    serves,
    capabilities,
    lifeMs,
  }) as Partial<MintOrder>;
  const minted = mint(space, { profile, name, ...scope }, systemClock.now());
  await saveCredential(files.credential(name), minted);
  return { id: minted.id, how: "made", expiresAt: minted.expiresAt };
}

function nameTaken(name: Token): CotalError {
  return new CotalError("name-taken", `a credential of ${name} lies here already`, {
    hint: `cotal creds renew ${name} renews it; or choose another name`,
    data: { name },
  });
}
