import { connectEndpoint, type Endpoint } from "@cotal/endpoint";
import { createScope, silentLog, systemClock } from "@cotal/session";
import { jetstream } from "@nats-io/jetstream";
import { connectRaw, jetStreamOptions, type RawAccess } from "./raw-access.ts";
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
      receive(ours, tallies.ours);
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

function receive(endpoint: Endpoint, tally: Tally): void {
  endpoint.onMessage(async ({ message: { parts } }) => {
    const [part] = parts;
    if (part?.kind === "text") tally.note(stampOf(part.text));
  });
}

async function receiveRaw(access: RawAccess, from: RawSource, tally: Tally): Promise<() => Promise<void>> {
  const connection = await connectRaw(access);
  const note = (message: { json<T>(): T }): void =>
    tally.note(stampOf(message.json<{ text: string }>().text));
  switch (from.kind) {
    case "subject":
      connection.subscribe(from.subject, {
        callback: (error, message) => {
          if (error) throw error;
          note(message);
        },
      });
      break;
    case "queue": {
      const consumer = await jetstream(connection, jetStreamOptions(access)).consumers.get(
        from.stream,
        from.consumer,
      );
      await consumer.consume({
        max_messages: window,
        callback: (message) => {
          note(message);
          message.ack();
        },
      });
    }
  }
  await connection.flush();
  return () => connection.close();
}
