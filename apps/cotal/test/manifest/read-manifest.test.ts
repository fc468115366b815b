import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manifestJsonSchema } from "../../src/manifest/manifest.ts";
import { ordersIn } from "../../src/manifest/orders.ts";
import { type Fault, type ReadManifest, readManifest } from "../../src/manifest/read-manifest.ts";
import { failureOf } from "../support.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cotal-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(content: string | Uint8Array): Promise<ReadManifest> {
  await writeFile(join(folder, "cotal.yaml"), content);
  return await readManifest("cotal.yaml", folder);
}

async function faultsOf(content: string | Uint8Array): Promise<string[]> {
  const { code, data } = await failureOf(() => read(content));
  expect(code).toBe("bad-manifest");
  return (data.faults as Fault[]).map(({ line, column, what }) => `${line}:${column} ${what}`);
}

describe("a manifest", () => {
  test("may be empty, and each part of it as well", async () => {
    const nothing = { channels: {}, defaults: {}, agents: {} };
    expect((await read("")).manifest).toEqual(nothing);
    expect((await read("# only a remark\n")).manifest).toEqual(nothing);
    expect((await read("channels:\ndefaults:\nagents:\n")).manifest).toEqual(nothing);
    expect((await read("channels:\n  general:\n")).manifest.channels).toEqual({ general: {} });
  });

  test("is refused with every fault, where it stands, in the order of the file", async () => {
    verifies("CLI-28");
    const text = [
      "spac: x",
      "channels:",
      "  a b: { class: durable }",
      "agents:",
      "  bob:",
      "    command: []",
      "    env: { PORT: 8080 }",
      '    allowPublish: [general, "a..b"]',
      "    execTimeout: 5y",
      "    colour: red",
      "  not a name: {}",
    ];
    expect(await faultsOf(text.join("\n"))).toEqual([
      '1:1 unknown field "spac"',
      '3:3 "a b" is not a valid channel',
      "6:5 it names no program",
      "7:12 a value is a text: write it in quotes, or leave it empty",
      '8:29 "a..b" is not a valid channel pattern',
      '9:5 "5y" is not a time to wait',
      '10:5 unknown field "colour"',
      '11:3 "not a name" is not a valid name',
    ]);
  });

  test.each([
    ["a: [", /^1:\d+ /],
    ["a: 1\na: 2", /^2:1 .*unique/],
    ["space: !thing x", /^1:8 .*tag/],
    ["- a\n- b", /^1:1 .*object/],
    ["space: main\n---\nspace: other", /^\d:\d+ /],
    ["channels: *nobody", /^1:/],
    [
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${"*a,".repeat(9)}]\nc: &c [${"*b,".repeat(9)}]\nd: [${"*c,".repeat(9)}]`,
      /^1:1 .*alias/,
    ],
    [new Uint8Array([0xff, 0xfe, 0x00]), /^1:1 no UTF-8/],
    [`#${" ".repeat(1024 * 1024)}`, /^1:1 larger than 1 MiB/],
  ])("that is none is refused: %#", async (content, what) => {
    expect((await faultsOf(content))[0]).toMatch(what);
  });

  test("that is not there is another failure", async () => {
    const failure = await failureOf(() => readManifest("nowhere.yaml", folder));
    expect(failure).toMatchObject({
      code: "manifest-unreadable",
      message: expect.stringContaining("ENOENT"),
    });
  });
});

describe("the agents of a manifest", () => {
  const host = { env: { PATH: process.env.PATH ?? "", TOKEN: "from the caller" } } as never;
  const orders = async (text: string): ReturnType<typeof ordersIn> => ordersIn(await read(text), host);

  test("are spawned as the flags of spawn would say it, with what holds for all", async () => {
    const [one, two] = await orders(
      [
        "defaults: { restart: always, env: { A: x, TOKEN: } }",
        "agents:",
        "  one: { command: [sh, -c, ls], pipes: true, env: { A: y } }",
        "  two: { exec: wc -w, execTimeout: 5s, restart: never, role: adder, allowPublish: [] }",
      ].join("\n"),
    );
    expect(one).toMatchObject({
      name: "one",
      work: { kind: "command", words: ["sh", "-c", "ls"], surface: "pipes" },
      cwd: folder,
      restart: "always",
      environment: { given: { A: "y", TOKEN: "from the caller" } },
      allowSubscribe: ["general"],
    });
    expect(two).toMatchObject({
      work: { kind: "exec", line: "wc -w", timeoutMs: 5_000, concurrency: 1 },
      restart: "never",
      role: "adder",
      allowPublish: [],
    });
  });

  test("that cannot be spawned are faults of the file", async () => {
    verifies("CLI-28");
    const text = [
      "agents:",
      "  one: {}",
      "  two: { preset: echo, exec: ls }",
      "  three: { command: [no-such-program-here] }",
      "  four: { preset: echo, cwd: nowhere }",
      "  five: { preset: echo, env: { COTAL_NAME: x } }",
      "  six: { preset: echo, env: { NOT_SET_HERE: } }",
    ].join("\n");
    const { data } = await failureOf(() => orders(text));
    expect((data.faults as Fault[]).map(({ line, column, what }) => `${line}:${column} ${what}`)).toEqual([
      "2:3 it is not said what one is to do: it needs one of preset, exec and command",
      "3:3 it is said in several ways what two is to do: it needs one of preset, exec and command",
      '4:3 there is no program "no-such-program-here"',
      expect.stringMatching(/^5:3 .*nowhere" is no folder/),
      "6:3 COTAL_NAME is set for every agent",
      "7:3 NOT_SET_HERE is not set here",
    ]);
  });
});

test("editors get the schema that it is read by", async () => {
  verifies("CLI-151");
  const shipped = await readFile(new URL("../../schema/cotal.json", import.meta.url), "utf8");
  expect(JSON.parse(shipped)).toEqual(JSON.parse(JSON.stringify(manifestJsonSchema())));
  expect(JSON.parse(shipped)).toMatchObject({ additionalProperties: false });
});
