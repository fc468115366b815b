import { eventually, type SpaceBroker, startSpaceBroker } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { type Minted, revoke } from "@cotal/trust";
import { expect, test } from "vitest";
import { credentialIn, newLink, reasonOf } from "./watched-link.ts";

/** Every way to the broker: the one that gives up at once, and the one that would try for ever. */
async function isKeptOut({ broker }: SpaceBroker, minted: Minted): Promise<void> {
  for (const retryFirst of [false, true]) {
    const { link } = newLink(broker.url, minted, { credentials: () => credentialIn(minted) });
    await expect(link.start({ retryFirst })).rejects.toMatchObject({ code: "auth-refused" });
  }
}

test("a revoked peer is cut off and refused from then on, also by a broker that starts anew", async () => {
  verifies("TRUST-16", "SESS-7", "SESS-94");
  await using fixture = await startSpaceBroker();
  const [alice, bob] = [fixture.mint({}), fixture.mint({ name: "bob" })];
  const cut = newLink(fixture.broker.url, alice, { credentials: () => credentialIn(alice) });
  const spared = newLink(fixture.broker.url, bob, { credentials: () => credentialIn(bob) });
  const { connection } = await cut.link.start();
  await spared.link.start();
  let cutAt: number | undefined;
  void connection.closed().then(() => {
    cutAt = performance.now();
  });

  const from = performance.now();
  await revoke(fixture.system, { ...fixture, id: alice.id, at: Date.now() });
  const revokedAt = performance.now();
  await eventually(() => expect(cut.link.state.kind).toBe("stopped"));
  const stoppedAt = performance.now();
  expect(reasonOf(cut)).toMatchObject({ code: "auth-refused" });
  await isKeptOut(fixture, alice);
  const after = (at = Number.NaN): string => `${(at - from).toFixed(0)} ms`;
  process.stdout.write(
    `cut off after ${after(cutAt)}, revoked after ${after(revokedAt)}, stopped after ${after(stoppedAt)}, refused twice more after ${after(performance.now())}\n`,
  );
  expect(spared.kinds).toEqual(["dialing", "binding", "live"]);

  await fixture.broker.kill();
  await fixture.broker.restart();
  await isKeptOut(fixture, alice);
  await eventually(() => expect(spared.link.session?.epoch).toBeGreaterThan(1));
  await spared.link.stop();
});
