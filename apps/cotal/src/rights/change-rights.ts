import {
  type AclRecord,
  aclRegistry,
  type CasRegistry,
  narrowAcl,
  type Rights,
  widenAcl,
} from "@cotal/registries";
import { CotalError, collapsePatterns, type OwnerId, patternCovers } from "@cotal/subjects";
import { isRevoked, type SpaceTrust } from "@cotal/trust";
import { type OperatorDesk, withOperatorDesk } from "../mesh/operator-desk.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import { askDelivery } from "./ask-delivery.ts";
import { type HeldCredential, heldCredentialOf, putAside, reissue } from "./held-credential.ts";
import { revokePeer } from "./revoke-peer.ts";

/** What a change of rights came to. */
export interface RightsChanged {
  /** `narrowed`: what it had is void. `widened`: what it has still works. */
  readonly change: "none" | "narrowed" | "widened" | "exchanged";
  /** Whether what was taken away is taken from its backlog too. */
  readonly settled: "by-leader" | "when-there-is-one" | undefined;
  /** Where its new credential lies; absent when this host never had its key. */
  readonly credential: string | undefined;
}

export interface RightsOrder {
  readonly id: OwnerId;
  readonly before: Rights;
  readonly after: Rights;
  readonly signal: AbortSignal;
  readonly step: (text: string) => void;
}

/** Whatever the one allows, the other does. */
export function isWithin(inner: Rights, outer: Rights): boolean {
  return sides.every((side) =>
    inner[side].every((pattern) => outer[side].some((wider) => patternCovers(wider, pattern))),
  );
}

const sides = ["allowSubscribe", "allowPublish"] as const;

/** What taking the step from `before` to `after` is. */
export function changeOf({ before, after }: Pick<RightsOrder, "before" | "after">): RightsChanged["change"] {
  const [takesNothing, givesNothing] = [isWithin(before, after), isWithin(after, before)];
  if (takesNothing && givesNothing) return "none";
  if (takesNothing) return "widened";
  return givesNothing ? "narrowed" : "exchanged";
}

/**
 * Gives a peer other rights. What is taken away goes in this order: its credential is void and its connections
 * are cut; its backlog is settled; then it gets a new credential. Cut off, the same order again goes on.
 */
export async function changeRights(mesh: RunningMesh, order: RightsOrder): Promise<RightsChanged> {
  const { id, before, after, signal } = order;
  const change = changeOf(order);
  const held = await heldCredentialOf(mesh.files, id);
  if (change === "none") {
    // An order that was cut off may have come just so far.
    const isDue = held !== undefined && !isCurrent(mesh.space, held, after);
    if (isDue) await reissue(mesh.space, held, after);
    return { change, settled: undefined, credential: isDue ? held.path : undefined };
  }
  const takes = change !== "widened";
  const space = takes ? await cutOff(mesh, order, held) : mesh.space;
  const settled = await withOperatorDesk({ ...mesh, space }, signal, async (desk) => {
    const acl = await desk.open(aclRegistry);
    const fewer = { ...order, mesh, acl, after: common(before, after) };
    const narrowed = takes ? await narrow(desk, fewer) : undefined;
    if (change !== "narrowed") requireDone(await widenAcl(acl, id, after), id);
    return narrowed;
  });
  if (held !== undefined) await reissue(space, held, after);
  return { change, settled, credential: held?.path };
}

/** Whether it is in its place and gives just these rights. */
function isCurrent(space: SpaceTrust, held: HeldCredential, rights: Rights): boolean {
  return !held.isAside && !isRevoked(space, held.text) && isWithin(held, rights) && isWithin(rights, held);
}

async function cutOff(
  mesh: RunningMesh,
  { id, signal, step }: RightsOrder,
  held: HeldCredential | undefined,
): Promise<SpaceTrust> {
  step("revoking what it has");
  if (held !== undefined) await putAside(held);
  return await revokePeer(mesh, id, signal);
}

/** What both allow. */
export function common(one: Rights, other: Rights): Rights {
  const side = (name: (typeof sides)[number]): Rights["allowSubscribe"] =>
    collapsePatterns([
      ...other[name].filter((pattern) => one[name].some((wider) => patternCovers(wider, pattern))),
      ...one[name].filter((pattern) => other[name].some((wider) => patternCovers(wider, pattern))),
    ]);
  return { allowSubscribe: side("allowSubscribe"), allowPublish: side("allowPublish") };
}

interface Narrowing extends RightsOrder {
  readonly mesh: RunningMesh;
  readonly acl: CasRegistry<AclRecord>;
}

/** The leader of its shard does it; where there is none, the record alone says so until there is one. */
async function narrow(
  desk: OperatorDesk,
  { mesh, acl, id, after, signal, step }: Narrowing,
): Promise<"by-leader" | "when-there-is-one"> {
  step("settling what it may no longer have");
  const question = { owner: id, op: "narrow", args: { acl: after }, timeoutMs: settleMs, signal } as const;
  const answer = await askDelivery(desk, mesh.settings, question);
  if (answer.kind === "answered") return "by-leader";
  requireDone(await narrowAcl(acl, id, after), id);
  return "when-there-is-one";
}

const settleMs = 30_000;

function requireDone({ kind }: { readonly kind: string }, id: OwnerId): void {
  if (kind === "written" || kind === "unchanged") return;
  if (kind === "retired")
    throw new CotalError("peer-retired", `the peer ${id} was retired`, { data: { id } });
  throw new CotalError("contended", `somebody else has changed the rights of ${id} meanwhile`, {
    hint: "look at them with cotal acl show, and decide again",
    data: { id, kind },
  });
}
