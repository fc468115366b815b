import { verifies } from "@cotal/requirements";
import { asToken } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { type Planning, planMesh, type Surroundings } from "../../src/mesh/plan.ts";
import { failureOf } from "../support.ts";

const GiB = 1024 ** 3;
const around: Surroundings = { spaceName: "main", taken: new Map() };
const base: Planning = { asked: {}, made: undefined, running: undefined, login: () => "alice", around };
const made = planMesh(base);
const running = { port: 4222, everyWrite: false };

describe("a new mesh", () => {
  test("has the space main, credentials, and the user's own name", () => {
    verifies("CLI-34");
    expect(made).toMatchObject({ space: "main", mode: "auth", peer: "alice", sync: "group" });
  });

  test("of a project is called as its folder, unless that is no name or another mesh has it", async () => {
    verifies("CLI-147", "CLI-161");
    const inFolder = (spaceName: string): Planning => ({
      ...base,
      around: { spaceName, taken: new Map([["web", "/a/web/.cotal"]]) },
    });
    expect(planMesh(inFolder("app"))).toMatchObject({ space: "app" });
    expect(await failureOf(() => planMesh(inFolder("my app")))).toMatchObject({
      code: "bad-token",
      hint: expect.stringContaining("--space"),
    });
    expect(await failureOf(() => planMesh(inFolder("web")))).toMatchObject({
      code: "space-taken",
      data: { space: "web", folder: "/a/web/.cotal" },
    });
    const asked = { space: asToken("space", "web2") };
    expect(planMesh({ ...inFolder("web"), asked })).toMatchObject({ space: "web2" });
  });

  test("is as it was asked for", () => {
    const asked = {
      space: asToken("space", "lab"),
      open: true,
      storage: GiB,
      sync: "always",
      port: 5,
    } as const;
    expect(planMesh({ ...base, asked })).toMatchObject({
      space: "lab",
      mode: "open",
      storageBytes: GiB,
      sync: "always",
      port: 5,
    });
  });

  test.each(["john.doe", "two words", "", "ж"])("does not bend the login %j into a name", async (login) => {
    const failure = await failureOf(() => planMesh({ ...base, login: () => login }));
    expect(failure).toMatchObject({ code: "bad-token", hint: expect.stringContaining("--as") });
    const asked = { as: asToken("name", "john") };
    expect(planMesh({ ...base, asked, login: () => login })).toMatchObject({ peer: "john" });
  });

  test("asks for a name where the user has no login", async () => {
    const login = (): string => {
      throw new Error("no such user");
    };
    expect(await failureOf(() => planMesh({ ...base, login }))).toMatchObject({
      hint: expect.stringContaining("--as"),
    });
  });
});

describe("a mesh that was made", () => {
  test("stays as it is when nothing, or the same, is asked for", () => {
    verifies("CLI-26");
    expect(planMesh({ ...base, made, running, login: () => "another" })).toEqual(made);
    const asked = {
      space: made.space,
      as: made.peer,
      storage: made.storageBytes,
      sync: "group",
      port: 4222,
    } as const;
    expect(planMesh({ ...base, made, running, asked })).toEqual({ ...made, port: 4222 });
    const open = { ...made, mode: "open" as const };
    expect(planMesh({ ...base, made: open, asked: {} }).mode).toBe("open");
  });

  test.each([
    ["space", { space: asToken("space", "lab") }, "main", "lab"],
    ["mode", { open: true }, "auth", "open"],
    ["storage", { storage: GiB }, "4 GiB", "1 GiB"],
    ["name of your peer", { as: asToken("name", "bob") }, "alice", "bob"],
  ] as const)("cannot get another %s", async (option, asked, is, other) => {
    verifies("CLI-58");
    const failure = await failureOf(() => planMesh({ ...base, made, asked }));
    expect(failure).toMatchObject({ code: "mesh-differs", data: { option, is, asked: other } });
    expect(failure.message).toContain(is);
    expect(failure.message).toContain(other);
  });

  test.each([
    ["port", { port: 5 }],
    ["sync", { sync: "always" }],
  ] as const)("can get another %s while it is down only", async (option, asked) => {
    verifies("CLI-58");
    expect(planMesh({ ...base, made, asked })).toEqual({ ...made, ...asked });
    const failure = await failureOf(() => planMesh({ ...base, made, running, asked }));
    expect(failure).toMatchObject({
      code: "mesh-differs",
      hint: expect.stringContaining("cotal down"),
      data: { option },
    });
  });
});
