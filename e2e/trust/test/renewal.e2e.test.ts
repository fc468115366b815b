import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { eventually, leakCheck, type SpaceBroker, startFaultProxy, startSpaceBroker } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { credentialFile } from "@cotal/session";
import { createFakeClock } from "@cotal/session/testing";
import { type Minted, renew, saveCredential } from "@cotal/trust";
import { describe, expect, test } from "vitest";
import { credentialIn, newLink, reasonOf, type WatchedLink } from "./watched-link.ts";

const shortMs = 2_000;
const hourMs = 3_600_000;

const again = ({ space }: SpaceBroker, { creds }: Minted, at: number): Minted =>
  renew(space, creds.reveal(), at);

async function isRefusedByNow({ connect }: SpaceBroker, minted: Minted): Promise<void> {
  await eventually(() => expect(connect(minted)).rejects.toThrow(/Authorization Violation/), {
    what: "the refusal of an expired credential",
  });
}

/** What must have happened when nothing but a planned change of connections was needed. */
const changedOver = ["dialing", "binding", "live", "closing", "dialing", "binding", "live"];

describe("a link whose credential is renewed", () => {
  test("changes over before the end, without a wait and without being refused, every time", async () => {
    verifies("TRUST-12", "SESS-90");
    await using fixture = await startSpaceBroker();
    const leaks = await leakCheck(fixture.broker);
    const clock = createFakeClock(Date.now());
    const first = fixture.mint({ lifeMs: hourMs });
    // Renewed by the link's own clock, which a test can move; the broker takes what ends late enough.
    const credentials = () => credentialIn(again(fixture, first, clock.now()));
    const watched = newLink(fixture.broker.url, first, { clock, credentials, random: () => 0 });
    const { connection } = await watched.link.start();
    for (const epoch of [2, 3, 4]) {
      await clock.advance(0.75 * hourMs + 1_000);
      await eventually(() => expect(watched.link.session?.epoch).toBe(epoch));
    }
    expect(connection.isClosed()).toBe(true);
    expect(watched.kinds.slice(0, 7)).toEqual(changedOver);
    expect(new Set(watched.kinds)).toEqual(new Set(changedOver));
    expect(watched.faults).toEqual([]);
    await watched.link.stop();
    expect(clock.pending).toBe(0);
    await leaks.assertClean();
  });

  test("finds the new one in its file, though the file was torn for a while", async () => {
    verifies("TRUST-12", "SESS-91", "SESS-95");
    const folder = await mkdtemp(`${tmpdir()}/cotal-renewal-`);
    const path = `${folder}/keys/alice.creds`;
    try {
      await using fixture = await startSpaceBroker();
      const clock = createFakeClock(Date.now());
      const first = fixture.mint({ lifeMs: hourMs });
      await saveCredential(path, first);
      const credentials = credentialFile(path);
      const watched = newLink(fixture.broker.url, first, { clock, credentials, random: () => 0 });
      await watched.link.start();
      await writeFile(path, first.creds.reveal().slice(0, 200));
      await clock.advance(0.75 * hourMs);
      await eventually(() =>
        expect(watched.faults).toMatchObject([["credentials", { code: "bad-credential" }]]),
      );
      expect(watched.link.session?.epoch).toBe(1);
      await saveCredential(path, again(fixture, first, clock.now()));
      await clock.advance(0.1875 * hourMs);
      await eventually(() => expect(watched.link.session?.epoch).toBe(2));
      expect(watched.kinds).toEqual(changedOver);
      await watched.link.stop();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("a link whose credential has ended", () => {
  test("is live again by itself when its source has the next one", async () => {
    verifies("SESS-91", "TRUST-12");
    await using fixture = await startSpaceBroker();
    const first = fixture.mint({ lifeMs: shortMs });
    // The source has nothing better until the broker has ended the connection.
    const credentials = () =>
      credentialIn(watched.kinds.includes("closing") ? again(fixture, first, Date.now()) : first);
    const watched: WatchedLink = newLink(fixture.broker.url, first, { credentials });
    await watched.link.start();
    await eventually(() => expect(watched.link.session?.epoch).toBeGreaterThan(1));
    expect(watched.kinds).not.toContain("stopped");
    const [lost] = watched.states.filter(({ kind }) => kind === "waiting");
    expect(lost).toMatchObject({ failure: { fatal: false, error: { code: "auth-expired" } } });
    await watched.link.stop();
  });

  test("stops with auth-expired when its source has no other one, and cannot be started with it again", async () => {
    verifies("TRUST-14", "SESS-94", "SESS-7");
    await using fixture = await startSpaceBroker();
    const leaks = await leakCheck(fixture.broker);
    const first = fixture.mint({ lifeMs: shortMs });
    const watched = newLink(fixture.broker.url, first, { credentials: () => credentialIn(first) });
    await watched.link.start();
    await eventually(() => expect(watched.link.state.kind).toBe("stopped"));
    const expected = { code: "auth-expired", hint: expect.stringContaining("minted again") };
    expect(reasonOf(watched)).toMatchObject(expected);

    await isRefusedByNow(fixture, first);
    const late = newLink(fixture.broker.url, first, { credentials: () => credentialIn(first) });
    await expect(late.link.start({ retryFirst: true })).rejects.toMatchObject(expected);
    await leaks.assertClean();
  });

  test("while the machine slept comes back without a person where the signer is at hand, else stops", async () => {
    verifies("TRUST-15", "TRUST-14", "SESS-94");
    await using fixture = await startSpaceBroker();
    await using proxy = await startFaultProxy({ targetPort: fixture.broker.port });
    const first = fixture.mint({ lifeMs: shortMs });
    // One signer mints at each question, the other source is a credential that nobody renews.
    const signed = newLink(proxy.url, first, {
      credentials: () => credentialIn(again(fixture, first, Date.now())),
      random: () => 0.1,
    });
    const alone = newLink(proxy.url, first, { credentials: () => credentialIn(first), random: () => 0.1 });
    await Promise.all([signed.link.start(), alone.link.start()]);
    await proxy.refuse();
    proxy.cut();
    await eventually(() => expect(signed.link.session ?? alone.link.session).toBeUndefined());
    await isRefusedByNow(fixture, first);
    await proxy.heal();
    await eventually(() => expect(alone.link.state.kind).toBe("stopped"));
    expect(reasonOf(alone)).toMatchObject({ code: "auth-expired" });
    await eventually(() => expect(signed.link.state.kind).toBe("live"));
    await signed.link.stop();
  });
});
