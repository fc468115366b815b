import type { Endpoint } from "@cotal/endpoint";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Document, type TestUser, testUser } from "./cotal.ts";

let user: TestUser;
let bob: Endpoint;
const heard: string[] = [];
let refuses = true;

beforeAll(async () => {
  user = await testUser();
  expect(await user.run(["up", "--detach"])).toMatchObject({ code: 0 });
  expect(await user.run(["mint", "bob"])).toMatchObject({ code: 0 });
  bob = await user.be("bob");
  bob.onMessage(async (delivery) => {
    const [part] = delivery.message.parts;
    heard.push(part?.kind === "text" ? String(part.text) : "");
    return refuses ? { kind: "reject", reason: "not today" } : undefined;
  });
});
afterAll(async () => {
  await bob?.[Symbol.asyncDispose]();
  await user?.[Symbol.asyncDispose]();
});

const letters = async (...words: string[]): Promise<NonNullable<Document["result"]>[]> =>
  (await user.run(["dead", "list", ...words, "--json"])).json().result.letters;

/** The name of the letter that a message to bob has become. */
async function refused(text: string): Promise<string> {
  refuses = true;
  const known = new Set((await letters()).map(({ letter }) => letter));
  expect(await user.run(["send", "-t", "bob", text])).toMatchObject({ code: 0 });
  let found: string | undefined;
  await eventually(async () => {
    found = (await letters()).find(({ letter }) => !known.has(letter))?.letter;
    return found !== undefined;
  });
  return found ?? "";
}

describe("what a peer could not handle", () => {
  test("is listed with who gave it up and why, and not with its text", async () => {
    verifies("CLI-152");
    expect((await user.run(["dead"])).stdout).toBe("there are no dead letters\n");
    const letter = await refused("the secret plan");
    const [found] = await letters("bob");
    expect(found).toMatchObject({
      letter,
      owner: { name: "bob" },
      sender: { id: expect.stringMatching(/^U/) },
      kind: "direct",
      reason: expect.stringContaining("not today"),
      replayable: true,
    });
    const shown = await user.run(["dead", "list"]);
    expect(shown.stdout).toContain(letter);
    expect(shown.stdout + JSON.stringify(found)).not.toContain("secret plan");
    expect(await user.run(["dead", "list", "nobody1"])).toMatchObject({ code: 3 });
  });

  test("is handed out once more, and then no longer there", async () => {
    verifies("CLI-152");
    const letter = await refused("again please");
    expect((await user.run(["dead", "replay", letter, "--dry-run"])).stdout).toContain("would replay");
    refuses = false;
    heard.length = 0;
    expect(await user.run(["dead", "replay", letter])).toMatchObject({ code: 0 });
    await eventually(() => heard.includes("again please"));
    expect((await letters()).map((each) => each.letter)).not.toContain(letter);
    const again = await user.run(["dead", "replay", letter, "--json"]);
    expect(again).toMatchObject({ code: 3 });
    expect(again.json().error).toMatchObject({ code: "letter-missing" });
  });

  test("is dropped for good, with a yes alone", async () => {
    verifies("CLI-152", "CLI-149", "CLI-10");
    const letter = await refused("drop me");
    const asked = await user.run(["dead", "drop", letter, "--json"]);
    expect(asked).toMatchObject({ code: 2 });
    expect(asked.json()).toMatchObject({ error: { code: "not-confirmed" }, result: { dropped: false } });
    expect((await letters()).map((each) => each.letter)).toContain(letter);
    expect(await user.run(["dead", "drop", letter, "--yes"])).toMatchObject({ code: 0 });
    expect((await letters()).map((each) => each.letter)).not.toContain(letter);
    expect(await user.run(["dead", "drop", letter, "--yes"])).toMatchObject({ code: 3 });
  });
});
