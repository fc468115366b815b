import { verifies } from "@cotal/requirements";
import type { Session } from "@cotal/session";
import { asOwnerId, type Channel } from "@cotal/subjects";
import {
  composeMessage,
  createSignatureVerifier,
  generateSeed,
  type KeyPair,
  keyPairFromSeed,
  signBurst,
} from "@cotal/wire";
import { headers, type Msg } from "@nats-io/nats-core";
import { describe, expect, test } from "vitest";
import type { Arrival } from "../src/arrival.ts";
import { liveRoute } from "../src/live-route.ts";
import { createRejections } from "../src/rejections.ts";
import { fakeCore, space } from "./support-receiving.ts";

const session = {} as Session;
const keys = keyPairFromSeed(generateSeed("user"));
const covers = (channel: Channel): boolean => channel.startsWith("team.");

function hearing() {
  const { core, clock } = fakeCore();
  const signatures = createSignatureVerifier({ now: clock.now });
  const heard: string[] = [];
  const rejections = createRejections();
  const intake = { offer: ({ accepted }: Arrival) => void heard.push(accepted.message.id) };
  const signing = {
    ...core,
    policy: (_: Session, guard: unknown) => ({ maxBytes: 1_000, signatures, guard }),
  };
  const subscribe = liveRoute(signing as typeof core, intake, rejections);
  return { clock, heard, rejections, subscribe };
}

interface PostDraft {
  readonly id: string;
  readonly channel?: string;
  readonly at: number;
  readonly signer?: KeyPair | undefined;
}

/** A post as a subscription brings it, signed by its sender unless it says otherwise. */
function post(
  { id, channel = "team.a", at, signer = keys }: PostDraft,
  fields: Record<string, string> = {},
): Msg {
  const sender = { space, id: asOwnerId(keys.publicKey), name: "alice" };
  const { subject, bytes } = composeMessage({ channel, id, text: "hello" }, sender, {
    now: at,
    maxBytes: 1_000,
  });
  const [signed = {}] = signBurst(signer, { signedAt: at, items: [{ subject, bytes }] });
  const all = headers();
  for (const [name, value] of Object.entries({ ...signed, ...fields })) all.set(name, value);
  return { subject, data: bytes, headers: all } as unknown as Msg;
}

describe("a live subscription", () => {
  test("verifies each message at once and keeps their order", () => {
    verifies("ENDP-20");
    const { clock, heard, subscribe } = hearing();
    const hear = subscribe(session, covers);
    const ids = Array.from({ length: 50 }, (_, number) => `m${number}`);
    for (const [number, id] of ids.entries()) {
      hear(post({ id, at: clock.now() }));
      expect(heard).toHaveLength(number + 1);
    }
    expect(heard).toEqual(ids);
  });

  test("drops what verification rejects, and counts it by reason", () => {
    verifies("ENDP-19");
    const { clock, heard, rejections, subscribe } = hearing();
    const hear = subscribe(session, covers);
    const at = clock.now();
    const { subject } = post({ id: "a", at });
    hear({ subject, data: new TextEncoder().encode("{") } as Msg);
    hear({ subject: "cotal.acme", data: new Uint8Array() } as Msg);
    hear({ ...post({ id: "b", at }), headers: undefined } as unknown as Msg);
    hear(post({ id: "c", at, signer: keyPairFromSeed(generateSeed("user")) }));
    hear(post({ id: "d", at: at - 200_000 }));
    hear(post({ id: "e", at, channel: "other" }));
    hear(post({ id: "f", at }, { "Nats-Schedule": "@every 1s" }));
    expect(heard).toEqual([]);
    expect(rejections.counts).toEqual({
      "malformed-json": 1,
      "malformed-subject": 1,
      unsigned: 1,
      "bad-signature": 1,
      replayed: 1,
      "wrong-route": 1,
      "foreign-header": 1,
    });
  });

  test("does not hear again what is played again, also on a later connection; another one hears for itself", () => {
    verifies("ENDP-32");
    const { clock, heard, rejections, subscribe } = hearing();
    const once = post({ id: "a", at: clock.now() });
    subscribe(session, covers)(once);
    subscribe({ epoch: 2 } as Session, covers)(once);
    expect([heard, rejections.counts]).toEqual([["a"], { replayed: 1 }]);
    const other = hearing();
    other.subscribe(session, covers)(post({ id: "a", at: other.clock.now() }));
    expect(other.heard).toEqual(["a"]);
  });
});
