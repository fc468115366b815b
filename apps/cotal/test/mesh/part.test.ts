import { verifies } from "@cotal/requirements";
import { CotalError } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { createLedger } from "../../src/mesh/part.ts";
import { failureOf } from "../support.ts";

const open = new AbortController().signal;
const good = async () => ({ value: 1, evidence: "good" });

describe("the account of the parts", () => {
  test("tells what is up, what failed and what was not reached", async () => {
    verifies("CLI-26");
    const steps: string[] = [];
    const ledger = createLedger({ step: (text) => steps.push(text), signal: open });
    expect(await ledger.take("keys", "keys", good)).toBe(1);
    const failure = new CotalError("port-taken", "taken");
    const work = () => Promise.reject(failure);
    expect(await failureOf(() => ledger.take("broker", "broker", work))).toBe(failure);
    expect(ledger.failure).toBe(failure);
    expect(ledger.list().map(({ part, state }) => [part, state])).toEqual([
      ["keys", "up"],
      ["broker", "failed"],
      ["space", "not-reached"],
      ["peer", "not-reached"],
      ["delivery", "not-reached"],
      ["manager", "not-reached"],
    ]);
    expect(steps).toEqual(["keys", "broker"]);
  });

  test("begins nothing more once it is interrupted", async () => {
    const stop = new AbortController();
    const ledger = createLedger({ step: () => undefined, signal: stop.signal });
    const reason = new CotalError("interrupted", "by SIGINT");
    stop.abort(reason);
    let begun = false;
    const work = async () => {
      begun = true;
      return await good();
    };
    expect(await failureOf(() => ledger.take("keys", "keys", work))).toBe(reason);
    expect(begun).toBe(false);
  });
});
