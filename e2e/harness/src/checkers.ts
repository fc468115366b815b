/** One message as its sender sent it; a list of them is in the order of sending. */
export interface SentRecord {
  readonly id: string;
  readonly sender: string;
  readonly channel: string;
}

/** One message as an owner got it; a list of them is in the order of receipt. */
export interface ReceivedRecord {
  readonly id: string;
  readonly owner: string;
}

export interface Exchange {
  readonly sent: readonly SentRecord[];
  readonly received: readonly ReceivedRecord[];
}

export interface OwedExchange extends Exchange {
  /** Who is to get a message. */
  readonly owners: (message: SentRecord) => readonly string[];
}

/** Every owner got each message that is due to it. */
export function expectNoLoss({ sent, received, owners }: OwedExchange): void {
  const had = new Set(received.map(receipt));
  const lost = sent.flatMap((message) =>
    owners(message)
      .filter((owner) => !had.has(receipt({ id: message.id, owner })))
      .map((owner) => `${message.id} (${message.channel}) never reached ${owner}`),
  );
  report("lost", lost);
}

/** No owner got a message twice. */
export function expectNoDuplicate(received: readonly ReceivedRecord[]): void {
  const had = new Set<string>();
  const twice = received.filter((record) => {
    const known = had.has(receipt(record));
    had.add(receipt(record));
    return known;
  });
  report(
    "received again",
    twice.map(({ id, owner }) => `${id} by ${owner}`),
  );
}

/** No owner got a message that is not due to it, or that nobody sent. */
export function expectNoLeakAcrossOwners({ sent, received, owners }: OwedExchange): void {
  const due = new Set(
    sent.flatMap((message) => owners(message).map((owner) => receipt({ ...message, owner }))),
  );
  const leaked = received.filter((record) => !due.has(receipt(record)));
  report(
    "leaked",
    leaked.map(({ id, owner }) => `${id} to ${owner}`),
  );
}

/** Each owner got the messages of one sender on one channel in the order in which they were sent. */
export function expectOrder({ sent, received }: Exchange): void {
  const sentAt = new Map(sent.map((message, at) => [message.id, { ...message, at }]));
  const latest = new Map<string, { id: string; at: number }>();
  const swapped: string[] = [];
  for (const { id, owner } of received) {
    const message = sentAt.get(id);
    if (!message) continue;
    const line = JSON.stringify([owner, message.sender, message.channel]);
    const before = latest.get(line);
    if (before && before.at > message.at) swapped.push(`${owner} got ${before.id} before ${id}`);
    else latest.set(line, message);
  }
  report("out of order", swapped);
}

const shown = 5;

function report(what: string, offenders: readonly string[]): void {
  if (offenders.length === 0) return;
  const more = offenders.length > shown ? ", …" : "";
  throw new Error(`${offenders.length} ${what}: ${offenders.slice(0, shown).join(", ")}${more}`);
}

function receipt({ id, owner }: ReceivedRecord): string {
  return JSON.stringify([owner, id]);
}
