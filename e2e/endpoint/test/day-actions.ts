import type { Endpoint } from "@cotal/endpoint";
import { sleep } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import { connectTo, home, type Stage } from "./day-stage.ts";

/** Something that a program does with its endpoint. It may fail with a code. */
export type Action = () => Promise<unknown>;

export interface Actors {
  readonly alice: Endpoint;
  readonly bob: Endpoint;
  /** Guests who have gone for good. */
  readonly left: Endpoint[];
  /** Where direct messages are noted that the broker has stored. */
  readonly owed: Set<string>;
}

const minute = 60_000;
const channels = [home, "random", "team.a", "team.b"] as const;

export function actionsOf(stage: Stage, { alice, bob, left, owed }: Actors): readonly [Action, ...Action[]] {
  const { clock, random } = stage;
  const somewhere = (): string => random.pick(channels);
  const several = async (most: number, send: Action): Promise<void> => {
    const sends = Array.from({ length: random.between(1, most) }, send);
    for (const sent of await Promise.allSettled(sends)) if (sent.status === "rejected") throw sent.reason;
  };
  const tell = async (from: Endpoint, to: Endpoint): Promise<void> => {
    const { id } = await from.send({
      to: to.ref.id,
      text: "direct",
      waitForLinkMs: random.pick([0, minute]),
    });
    owed.add(id);
  };
  const visit = async (): Promise<void> => {
    const guest = await connectTo(stage, `guest-${random.between(1, 1e6)}`);
    await guest.send({ channel: home, text: "hello" }).catch(coded);
    await sleep(clock, random.between(1_000, 5 * minute));
    await guest.stop();
    left.push(guest);
  };
  const listen = async (): Promise<void> => {
    const forget = alice.on(random.pick(["state", "fault", "gap", "presence"]), () => undefined);
    await sleep(clock, random.between(1, 2 * minute));
    forget();
  };
  const giveUp = async (): Promise<void> => {
    const given = new AbortController();
    const asked = alice.history(home, { limit: 1_000, signal: given.signal }).catch(coded);
    await sleep(clock, random.between(0, 100));
    given.abort(new CotalError("stopped", "this reader has had enough"));
    await asked;
  };
  return [
    () => several(40, () => bob.send({ channel: somewhere(), text: "burst" })),
    () => several(40, () => alice.send({ channel: somewhere(), text: "burst" })),
    () => several(10, () => tell(bob, alice)),
    () => several(10, () => tell(alice, bob)),
    () => several(10, () => bob.send({ role: "worker", text: "work", waitForLinkMs: minute })),
    () => alice.join(somewhere()),
    () => alice.join("team.>"),
    () => alice.leave(somewhere()),
    () => alice.history(somewhere(), { limit: random.between(1, 500) }),
    () => alice.recall(home, random.between(0, 50)),
    () => alice.setActivity(`${random.between(1, 1e6)}`),
    () => alice.setChannelMode(somewhere(), random.pick(["muted", undefined])),
    () => bob.request("echo", "say", "hello"),
    () => bob.request("nobody", "say"),
    () => alice.reconnect(),
    visit,
    listen,
    giveUp,
  ];
}

function coded(error: unknown): void {
  if (!(error instanceof CotalError)) throw error;
}
