import type { DeadRow } from "@cotal/delivery";
import { directoryRegistry } from "@cotal/registries";
import { asOwnerId, CotalError, type OwnerId, parseSubject, quoted, type Token } from "@cotal/subjects";
import { deliveryUnavailable } from "../delivery/delivery-unavailable.ts";
import { findPeer } from "../mesh/find-peer.ts";
import { type OperatorDesk, readable, withOperatorDesk } from "../mesh/operator-desk.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import { askDelivery } from "../rights/ask-delivery.ts";
import { requireAuth } from "../rights/revoke-peer.ts";

/** A message that somebody could not handle, as it is shown. */
export interface DeadLetter {
  readonly letter: string;
  /** Who gave it up. */
  readonly owner: Named;
  readonly sender: Named;
  /** What it was sent to. */
  readonly kind: string;
  readonly channel: string | undefined;
  /** Of the message. */
  readonly id: string | undefined;
  readonly reason: string;
  /** In ms since 1970. */
  readonly at: number;
  readonly replayable: boolean;
}

export interface Named {
  readonly id: string;
  readonly name: string | undefined;
}

/** Oldest first; of one peer when somebody is named. */
export function deadLetters(
  mesh: RunningMesh,
  { of, signal }: { readonly of?: string | undefined; readonly signal: AbortSignal },
): Promise<DeadLetter[]> {
  requireAuth(mesh);
  return withOperatorDesk(mesh, signal, async (desk) => {
    const peers = readable(await desk.open(directoryRegistry)).values;
    const owner = of === undefined ? undefined : asOwnerId(findPeer(peers, of).id);
    const names = new Map(peers.map(({ id, name }) => [id, name]));
    const named = (id: string): Named => ({ id, name: names.get(asOwnerId(id)) });
    return (await rowsOf(desk, mesh, { owner, signal })).map((row) => letterOf(row, named));
  });
}

export type LetterOrder = "deadReplay" | "deadDrop";

/** Hands it out once more, or removes it for good. */
export async function orderLetter(
  mesh: RunningMesh,
  op: LetterOrder,
  {
    owner,
    letter,
    signal,
  }: { readonly owner: OwnerId; readonly letter: Token; readonly signal: AbortSignal },
): Promise<void> {
  const answer = await withOperatorDesk(mesh, signal, (desk) =>
    askDelivery(desk, mesh.settings, { owner, op, args: { letter }, signal }),
  );
  if (answer.kind === "no-leader") throw deliveryUnavailable();
}

/** The one of this name; `letter-missing` when there is none. */
export function letterIn(letters: readonly DeadLetter[], letter: Token): DeadLetter {
  const found = letters.find((each) => each.letter === letter);
  if (found !== undefined) return found;
  throw new CotalError("letter-missing", `there is no dead letter ${quoted(letter)}`, {
    hint: "cotal dead list shows those that there are",
    data: { letter },
  });
}

/** The leader tells so many at once. */
const most = 100;

async function rowsOf(
  desk: OperatorDesk,
  { settings }: RunningMesh,
  { owner, signal }: { readonly owner: OwnerId | undefined; readonly signal: AbortSignal },
): Promise<DeadRow[]> {
  const rows: DeadRow[] = [];
  for (;;) {
    const args = { after: rows.at(-1)?.seq ?? 0, limit: most };
    const answer = await askDelivery(desk, settings, { owner, op: "deadList", args, signal });
    if (answer.kind === "no-leader") throw deliveryUnavailable();
    const page = answer.data as readonly DeadRow[];
    rows.push(...page);
    if (page.length < most) return rows;
  }
}

function letterOf(row: DeadRow, named: (id: string) => Named): DeadLetter {
  const { letter, owner, sender, subject, id, reason, buriedAt: at, replayable } = row;
  const parsed = parseSubject(subject);
  const channel = parsed?.kind === "chat" ? parsed.channel : undefined;
  const kind = kinds[parsed?.kind ?? ""] ?? "unknown";
  return { letter, owner: named(owner), sender: named(sender), kind, channel, id, reason, at, replayable };
}

const kinds: Readonly<Record<string, string>> = { chat: "channel", inst: "direct", svc: "role" };
