import { connectEndpoint, type Endpoint } from "@cotal/endpoint";
import { createScope, silentLog, systemClock } from "@cotal/session";
import { bindRaw, connectRaw, type RawAccess, type RawQueue } from "./raw-access.ts";
import type { RawSource, ReceiverCalls } from "./receiver-calls.ts";
import { stampOf } from "./stamp.ts";
import { createTally, type Tally } from "./tally.ts";

/** An endpoint and a bare client that receive, and note when they do. */
export interface Receivers extends ReceiverCalls {
  close(): Promise<void>;
}

/** As many as the endpoint has in hand of a queue of its own. */
const window = 256;

export function createReceivers(): Receivers {
  const tallies = { ours: createTally(), raw: createTally() };
  const faults: unknown[] = [];
  const scope = createScope({ clock: systemClock, onFault: (_, error) => faults.push(error) });
  return {
    open: async ({ endpoint, raw, from }) => {
      const ours = await connectEndpoint({ ...endpoint, log: silentLog });
      scope.defer(() => ours.stop());
      ours.on("gap", (gap) => faults.push(new Error(`a gap: ${JSON.stringify(gap)}`)));
      receiveTexts(ours, tallies.ours);
      scope.defer(await receiveRaw(raw, from, tallies.raw));
    },
    expect: async ({ side, count }) => tallies[side].expect(count),
    arrived: async (side) => {
      const arrivals = await tallies[side].complete();
      if (faults.length > 0) throw faults[0];
      return arrivals;
    },
    close: () => scope.dispose(),
  };
}

export function receiveTexts(endpoint: Endpoint, tally: Pick<Tally, "note">): void {
  endpoint.onMessage(async ({ message: { parts } }) => {
    const [part] = parts;
    if (part?.kind === "text") tally.note(stampOf(part.text));
  });
}

const noteRaw = (tally: Pick<Tally, "note">, message: { json<T>(): T }): void =>
  tally.note(stampOf(message.json<{ text: string }>().text));

function receiveRaw(access: RawAccess, from: RawSource, tally: Tally): Promise<() => Promise<void>> {
  return from.kind === "queue" ? receiveQueue(access, from, tally) : receiveSubject(access, from, tally);
}

async function receiveSubject(
  access: RawAccess,
  { subject }: { readonly subject: string },
  tally: Tally,
): Promise<() => Promise<void>> {
  const connection = await connectRaw(access);
  connection.subscribe(subject, {
    callback: (error, message) => {
      if (error) throw error;
      noteRaw(tally, message);
    },
  });
  await connection.flush();
  return () => connection.close();
}

/** Takes and acks whatever a consumer has; the answer ends that. */
export async function receiveQueue(
  access: RawAccess,
  from: RawQueue,
  tally: Pick<Tally, "note">,
): Promise<() => Promise<void>> {
  const connection = await connectRaw(access);
  const queue = await bindRaw(connection, access, from);
  await queue.consume({
    max_messages: window,
    callback: (message) => {
      noteRaw(tally, message);
      message.ack();
    },
  });
  await connection.flush();
  return () => connection.close();
}
