import { directoryRegistry } from "@cotal/registries";
import { asOwnerId, CotalError, isOwnerId, type OwnerId } from "@cotal/subjects";
import type { Call, Definition } from "../command.ts";
import { withLock } from "../home/lock.ts";
import { findPeer } from "../mesh/find-peer.ts";
import { readable, withOperatorDesk } from "../mesh/operator-desk.ts";
import { openRunningMesh, type RunningMesh } from "../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../mesh/seat-identity.ts";
import { toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { heldNames, readableCredential } from "../rights/held-credential.ts";
import { requireAuth, revokePeer } from "../rights/revoke-peer.ts";

export const definition: Definition<"dryRun", "peer"> = {
  options: ["dryRun"],
  arguments: ["peer"],
  details: [
    "From now on no credential of it is worth anything, and its connections are cut; needs --yes. It stays a",
    "peer, with its name, its rights and its queue: cotal mint <name> makes it welcome again.",
  ],
};

export async function run({ host, options, words, step }: Call<"dryRun", "peer">): Promise<Outcome> {
  requireOutsideSeat(host);
  const mesh = await openRunningMesh(host);
  requireAuth(mesh);
  const { id, name } = await userOf(mesh, words.peer, host.interrupted);
  const { yes = false, dryRun = false } = options;
  const result = { id, name, revoked: yes && !dryRun };
  const line = (what: string): Outcome["lines"] => [[toned("warn", what), `  ${name ?? ""} ${id}`]];
  if (dryRun) return { result, lines: line("would revoke") };
  if (!yes) {
    const failure = new CotalError("not-confirmed", "nothing was revoked: it needs --yes", {
      hint: `cotal revoke ${words.peer} --yes`,
    });
    return { result, lines: line("would revoke"), failure };
  }
  step(`revoking ${name ?? id}`);
  const revoke = (): Promise<unknown> => revokePeer(mesh, id, host.interrupted);
  await withLock(mesh.files.folder, revoke, { waitMs: 60_000, signal: host.interrupted });
  return { result, lines: line("revoked") };
}

interface User {
  readonly id: OwnerId;
  readonly name: string | undefined;
}

/** A peer; or who has a credential here and is none; or any id, for one whose peer exists no more. */
async function userOf(mesh: RunningMesh, target: string, signal: AbortSignal): Promise<User> {
  const name = (await heldNames(mesh.files)).find((held) => held === target);
  const held = name && (await readableCredential(mesh.files, name));
  if (held) return held;
  const listed = await withOperatorDesk(
    mesh,
    signal,
    async ({ open }) => readable(await open(directoryRegistry)).values,
  );
  if (isOwnerId(target)) return { id: target, name: listed.find(({ id }) => id === target)?.name };
  const peer = findPeer(listed, target);
  return { id: asOwnerId(peer.id), name: peer.name };
}
