import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { createAnswered } from "../src/answered.ts";
import { createFakeClock } from "../src/fake-clock.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function newAnswered(perAsker = 3) {
  const clock = createFakeClock();
  const answered = createAnswered({ clock, rememberMs: 120_000, perAsker });
  let carriedOut = 0;
  const ask = (asker: string, id: string, work = async () => bytes(String(++carriedOut))) =>
    answered.once(asker, id, work).then((reply) => new TextDecoder().decode(reply));
  return { clock, answered, ask };
}

describe("remembered answers", () => {
  test("last two minutes from the answer on, apart for each asker", async () => {
    verifies("SESS-61");
    const { clock, ask } = newAnswered();
    expect(await ask("a", "q")).toBe("1");
    expect(await ask("b", "q")).toBe("2");
    await clock.advance(119_000);
    expect(await ask("a", "q")).toBe("1");
    await clock.advance(62_000);
    expect(await ask("a", "other")).toBe("3");
    expect(await ask("a", "q")).toBe("4");
  });

  test("a question in work is never forgotten, however long it takes", async () => {
    verifies("SESS-61");
    const { clock, ask } = newAnswered();
    let finish: (reply: Uint8Array) => void = () => undefined;
    const slow = () => new Promise<Uint8Array>((resolve) => (finish = resolve));
    const first = ask("a", "slow", slow);
    await clock.advance(600_000);
    await ask("a", "makes it look for what is old");
    const second = ask("a", "slow");
    finish(bytes("late"));
    expect([await first, await second]).toEqual(["late", "late"]);
  });

  test("nothing is forgotten early to make room: the asker is refused until its answers are old", async () => {
    verifies("SESS-64");
    const { clock, ask } = newAnswered(3);
    for (const id of ["q1", "q2", "q3"]) await ask("greedy", id);
    await expect(ask("greedy", "q4")).rejects.toMatchObject({ code: "busy" });
    expect(await ask("greedy", "q1")).toBe("1");
    expect(await ask("other", "q1")).toBe("4");
    await clock.advance(120_001);
    expect(await ask("greedy", "q4")).toBe("5");
  });

  test("what was refused is not remembered", async () => {
    verifies("SESS-64");
    const { ask } = newAnswered();
    await expect(ask("a", "q", () => Promise.reject(new Error("busy")))).rejects.toThrow("busy");
    expect(await ask("a", "q")).toBe("1");
  });

  test("does not grow with the number of askers that come and go", async () => {
    const { clock, answered, ask } = newAnswered();
    for (let asker = 0; asker < 1_000; asker++) {
      await ask(`asker ${asker}`, "q");
      await clock.advance(1_000);
    }
    expect(answered.size).toBeLessThan(200);
  });
});
