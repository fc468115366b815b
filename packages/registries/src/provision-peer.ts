import { deleteConsumer, errorFields, type Session } from "@cotal/session";
import { CotalError, type OwnerId, quoted, type Token } from "@cotal/subjects";
import { provisionAcl } from "./access.ts";
import type { AclRecord, Rights } from "./acl.ts";
import type { CasRegistry } from "./cas-registry.ts";
import type { DirectoryRecord } from "./directory.ts";
import { type Entered, enterDirectory, judgeEntry, retireEntry } from "./directory-entry.ts";
import { makeQueue, type QueueConsumer, queueConsumer } from "./queue-consumers.ts";

/** With what peers are provisioned: a session of a provisioner, and the two registries opened over it. */
export interface PeerOffice {
  readonly session: Session;
  readonly space: Token;
  readonly acl: CasRegistry<AclRecord>;
  readonly directory: CasRegistry<DirectoryRecord>;
}

export interface PeerOrder extends Rights {
  readonly id: OwnerId;
  readonly name: string;
  readonly kind: DirectoryRecord["kind"];
  readonly role?: Token;
}

/**
 * Makes all that a peer needs and has its credential issued last, so that whoever holds one finds
 * everything in place. When anything fails, what this call made is removed. The same order again makes
 * nothing twice; one that differs from what is there is refused.
 */
export async function provisionPeer<T>(
  office: PeerOffice,
  order: PeerOrder,
  issue: () => Promise<T>,
): Promise<T> {
  const made: Made[] = [];
  try {
    const verdict = judgeEntry(office.directory, recordOf(order));
    requireFit(verdict, order);
    await makeQueues(office, order, made);
    await makeAcl(office, order, { made, unclaimed: verdict.kind === "new" });
    await makeEntry(office, order, made);
    return await issue();
  } catch (error) {
    await takeBackAll(office.session, made);
    throw error;
  }
}

/** Takes a peer out of the directory, for good, and removes its queue. What its role shares stays. */
export async function retirePeer(
  { session, space, directory }: Pick<PeerOffice, "session" | "space" | "directory">,
  id: OwnerId,
): Promise<"retired" | "unchanged" | "absent"> {
  const outcome = await retireEntry(directory, id);
  const { stream, config } = queueConsumer.dm(space, id);
  await deleteConsumer(session, stream, config.name);
  return outcome;
}

/** Something that this call made and can remove again. */
interface Made {
  readonly what: string;
  takeBack(): Promise<unknown>;
}

async function makeQueues(
  { session, space, directory }: PeerOffice,
  order: PeerOrder,
  made: Made[],
): Promise<void> {
  const { id, role } = order;
  const make = async (queue: QueueConsumer, isShared: () => boolean): Promise<void> => {
    const { stream, config } = queue;
    if (!(await makeQueue(session, queue))) return;
    const takeBack = async (): Promise<void> => {
      if (!isShared()) await deleteConsumer(session, stream, config.name);
    };
    made.push({ what: config.name, takeBack });
  };
  await make(queueConsumer.dm(space, id), () => false);
  if (role === undefined) return;
  const isOther = (peer: DirectoryRecord): boolean => peer.role === role && peer.id !== id && !peer.retired;
  await make(queueConsumer.role(space, role), () =>
    directory.entries().some((entry) => entry.kind === "undecodable" || isOther(entry.value)),
  );
}

/** Of an id that nobody holds yet, rights may be left of an attempt that was cut off: they are replaced. */
async function makeAcl(
  { acl }: PeerOffice,
  order: PeerOrder,
  { made, unclaimed }: { readonly made: Made[]; readonly unclaimed: boolean },
): Promise<void> {
  const { id } = order;
  const rights = await provisionAcl(acl, id, order, { unclaimed });
  if (rights.kind === "retired") throw isRetired(order);
  if (rights.kind === "differs") throw differs(order, "it has other rights");
  if (rights.kind !== "written") return;
  const expectedRevision = rights.revision;
  made.push({ what: "acl", takeBack: () => acl.remove(id, { expectedRevision }) });
}

async function makeEntry({ directory }: PeerOffice, order: PeerOrder, made: Made[]): Promise<void> {
  const entered = await enterDirectory(directory, recordOf(order));
  requireFit(entered, order);
  if (entered.kind !== "written") return;
  const expectedRevision = entered.revision;
  made.push({ what: "directory", takeBack: () => directory.remove(order.id, { expectedRevision }) });
}

/** What cannot be removed now is found and replaced by the next order for the same id. */
async function takeBackAll({ log }: Session, made: readonly Made[]): Promise<void> {
  for (const { what, takeBack } of made.toReversed()) {
    await takeBack().catch((error: unknown) =>
      log({ level: "warn", event: "provision.left-behind", fields: { what, ...errorFields(error) } }),
    );
  }
}

function recordOf({ id, name, kind, role }: PeerOrder): DirectoryRecord {
  return { v: 1, id, name, kind, ...(role !== undefined && { role }) };
}

function requireFit(verdict: Entered, order: PeerOrder): void {
  switch (verdict.kind) {
    case "name-taken":
      throw new CotalError("name-taken", `the name ${quoted(order.name)} belongs to another peer`, {
        hint: "choose another name, or retire that peer first",
        data: { name: order.name, by: verdict.by },
      });
    case "retired":
      throw isRetired(order);
    case "differs":
      throw differs(order, "it has another name, kind or role");
    case "new":
    case "unchanged":
    case "written":
      return;
  }
}

function isRetired({ id }: PeerOrder): CotalError {
  return new CotalError("peer-retired", `the peer ${id} was retired`, {
    hint: "provision a new peer, with an identity of its own",
    data: { id },
  });
}

function differs({ id }: PeerOrder, how: string): CotalError {
  return new CotalError("rights-differ", `the peer ${id} was provisioned otherwise: ${how}`, {
    hint: "give the order that it was provisioned with; to take rights away, narrow it",
    data: { id },
  });
}
