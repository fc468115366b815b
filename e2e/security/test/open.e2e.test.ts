import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { readPresenceDigest } from "@cotal/wire";
import { expect, test } from "vitest";
import { listenTo, startCast } from "./cast.ts";

// Each of these attacks works on the broker as it is. A test that turns red here says that one has been stopped.

const digest = "cotal.acme.presence.digest";

test("an entry of the own queue thrown at the digest arrives there, and only its subject tells", async () => {
  verifies("TRUST-73");
  await using cast = await startCast();
  const { mallory, bob } = cast;
  const own = `cotal.acme.inst.${mallory.id}.${mallory.id}`;
  const forged = JSON.stringify({ v: 1, epoch: 9, version: 1, full: true, live: [], gone: [] });
  await mallory.ask(own, forged);
  const ear = await listenTo(bob, digest);
  mallory.throwNext("DM_acme", `dm_${mallory.id}`, digest);
  const { subject, data } = await ear.nth(1);
  ear.stop();
  expect(readPresenceDigest(data).kind).toBe("read");
  expect(subject).toBe(own);
});

test("thrown entries fill the bucket of presence, which then takes no record of anybody", async () => {
  verifies("TRUST-71");
  await using cast = await startCast();
  const { mallory, bob, attacked } = cast;
  const filter = `cotal.acme.inst.*.${mallory.id}`;
  const name = `sent_${mallory.id}`;
  const config = { name, filter_subject: filter, ack_policy: "none", mem_storage: true };
  const made = await mallory.ask(
    `js.CONSUMER.CREATE.DM_acme.${name}.${filter}`,
    JSON.stringify({ stream_name: "DM_acme", config }),
  );
  expect(made.error).toBeUndefined();
  // Each under a subject of its own, so that none takes the place of another; small ones fill what is left.
  for (const [size, count] of [
    [200_000, 8],
    [20_000, 12],
    [1_000, 30],
  ] as const) {
    for (let n = 0; n < count; n++) {
      const to = `U${String(size + n).padStart(55, "A")}`;
      await mallory.ask(`cotal.acme.inst.${to}.${mallory.id}`, "x".repeat(size));
      mallory.throwNext("DM_acme", name, "$KV.cotal_presence_acme.x");
    }
  }
  await eventually(async () => {
    const { error } = await bob.ask(`$KV.cotal_presence_acme.${bob.id}`, "x".repeat(2_000));
    expect(error?.description).toContain("maximum bytes exceeded");
  });
  expect(
    (await attacked.states(["KV_cotal_presence_acme"])).KV_cotal_presence_acme?.messages,
  ).toBeGreaterThan(5);
});
