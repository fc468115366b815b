import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { readName, readSpawnRequest } from "../../src/manager/spawn-request.ts";
import { failureOf } from "../support.ts";

describe("a request to spawn an agent", () => {
  test("is read field by field", () => {
    const asked = {
      name: "bob",
      program: ["cat"],
      role: "w",
      allowPublish: ["team.>"],
      subscribe: ["team.a"],
      restart: "always",
      cwd: "/",
    };
    expect(readSpawnRequest(asked)).toEqual({
      name: "bob",
      program: ["cat"],
      options: { role: "w", allowPublish: ["team.>"], subscribe: ["team.a"], restart: "always", cwd: "/" },
    });
    expect(readSpawnRequest({ name: "bob", preset: "echo" }).options).toEqual({ preset: "echo" });
  });

  test.each([
    ["a variable", { name: "bob", preset: "echo", env: ["A=1"] }, "bad-request"],
    ["an unknown preset", { name: "bob", preset: "root" }, "bad-request"],
    ["an unknown policy", { name: "bob", preset: "echo", restart: "forever" }, "bad-request"],
    ["a program that is no list", { name: "bob", program: "rm -rf" }, "bad-request"],
    ["a line that is no text", { name: "bob", exec: 1 }, "bad-request"],
    ["no name", {}, "bad-request"],
    ["a name that is none", { name: "a b", preset: "echo" }, "bad-token"],
    ["a channel that is none", { name: "bob", preset: "echo", allowPublish: ["a b"] }, "bad-pattern"],
    ["nothing", undefined, "bad-request"],
    ["a list", ["bob"], "bad-request"],
  ])("with %s is refused", async (_, args, code) => {
    verifies("CLI-46");
    expect(await failureOf(() => readSpawnRequest(args))).toMatchObject({ code });
  });

  test("names one agent", async () => {
    expect(readName({ name: "bob" })).toBe("bob");
    expect(await failureOf(() => readName("bob"))).toMatchObject({ code: "bad-request" });
  });
});
