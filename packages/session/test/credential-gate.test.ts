import { verifies } from "@cotal/requirements";
import { CotalError } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { type CredentialGate, createCredentialGate } from "../src/credential-gate.ts";
import type { Credential, CredentialSource } from "../src/dial.ts";
import { createFakeClock, type FakeClock } from "../src/fake-clock.ts";

const refused = new CotalError("auth-refused", "no");
const expired = new CotalError("auth-expired", "too late");

interface Watched {
  readonly gate: CredentialGate;
  readonly clock: FakeClock;
  readonly faults: unknown[];
}

function newGate(source: CredentialSource): Watched {
  const clock = createFakeClock();
  const faults: unknown[] = [];
  return {
    clock,
    faults,
    gate: createCredentialGate({ source, clock, onFault: (_, error) => faults.push(error) }),
  };
}

describe("a credential gate", () => {
  test("takes a refusal for fatal only when the source has nothing new to offer", async () => {
    verifies("SESS-7");
    let mark = "old";
    const { gate } = newGate(() => ({ mark, options: {} }));
    await gate.read();
    expect(await gate.judge(refused)).toEqual({ fatal: true, error: refused });
    expect(await gate.judge(expired)).toEqual({ fatal: true, error: expired });
    expect(await gate.judge(new CotalError("unreachable", "nobody there"))).toMatchObject({ fatal: false });
    mark = "new";
    expect(await gate.judge(expired)).toMatchObject({ fatal: false });
    expect((await gate.ask()).mark).toBe("new");
    expect(gate.used?.mark).toBe("old");
    expect((await gate.read()).mark).toBe("new");
    expect(await gate.judge(refused)).toMatchObject({ fatal: true });
  });

  test("gives up at once when the identity has changed or is another program's now", async () => {
    verifies("SESS-96");
    let mark = "old";
    const { gate } = newGate(() => ({ mark, options: {} }));
    await gate.read();
    mark = "new";
    for (const code of ["identity-mismatch", "identity-in-use"] as const) {
      expect(await gate.judge(new CotalError(code, "another"))).toMatchObject({ fatal: true });
    }
  });

  test("says of a refused credential that it has expired once it is past its end", async () => {
    verifies("SESS-94");
    const { gate, clock } = newGate(() => ({ mark: "one", options: {}, expiresAt }));
    const expiresAt = clock.now() + 60_000;
    await gate.read();
    expect(await gate.judge(refused)).toEqual({ fatal: true, error: refused });
    clock.jump(60_000);
    const { error } = await gate.judge(refused);
    expect(error).toMatchObject({ code: "auth-expired", data: { expiresAt }, cause: refused });
    expect(error).toMatchObject({ hint: expect.stringContaining("minted again") });
  });

  test("believes the broker that a credential has expired, however slow its own clock is", async () => {
    verifies("SESS-94");
    let current: Credential | undefined;
    const { gate, clock } = newGate(() => current ?? Promise.reject(new Error("not now")));
    current = { mark: "one", options: {}, expiresAt: clock.now() + 60_000 };
    await gate.read();
    await gate.judge(expired);
    expect(await gate.judge(refused)).toMatchObject({ fatal: true, error: { code: "auth-expired" } });
    current = { ...current, mark: "two" };
    await gate.read();
    expect(await gate.judge(refused)).toMatchObject({ fatal: true, error: { code: "auth-refused" } });
  });

  test("gives up nothing while the source cannot be read", async () => {
    verifies("SESS-7");
    let broken = false;
    const torn = new CotalError("bad-credential", "torn");
    const { gate, faults } = newGate(() => (broken ? Promise.reject(torn) : { mark: "one", options: {} }));
    await gate.read();
    broken = true;
    expect(await gate.judge(expired)).toEqual({ fatal: false, error: expired });
    expect(faults).toEqual([torn]);
    await expect(gate.read()).rejects.toBe(torn);
    broken = false;
    expect(await gate.judge(expired)).toMatchObject({ fatal: true });
  });

  test("waits ten seconds for a source that does not answer, and asks it again for the next dial", async () => {
    verifies("SESS-7");
    let answers = false;
    const credential = { mark: "late", options: {} };
    const { gate, clock } = newGate(() => (answers ? credential : new Promise<never>(() => undefined)));
    const first = gate.read().catch((error: unknown) => error);
    await clock.advance(10_000);
    expect(await first).toMatchObject({ code: "no-credential" });
    answers = true;
    expect(await gate.read()).toBe(credential);
    expect(clock.pending).toBe(0);
  });

  test("leaves no timer behind when nobody waits for the source any more", async () => {
    verifies("SESS-11");
    const { gate, clock } = newGate(() => new Promise<never>(() => undefined));
    const abort = new AbortController();
    const asked = gate.ask(abort.signal).catch((error: unknown) => error);
    await clock.advance(1_000);
    abort.abort("over");
    expect(await asked).toBe("over");
    expect(clock.pending).toBe(0);
  });
});
