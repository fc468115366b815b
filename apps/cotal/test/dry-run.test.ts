import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { type AnyCommand, commandTable, listedCommands, rowOf } from "../src/command-table.ts";

const commandOf = async (name: string): Promise<AnyCommand> => {
  const command = await rowOf(name)?.load();
  if (command === undefined) throw new Error(`${name} is in no table`);
  return command;
};

/** They only look, print, or are somebody for a while. A new command is one of them, or says that it changes something. */
const others: readonly string[] = [
  ...[
    "spaces",
    "status",
    "ps",
    "attach",
    "logs",
    "history",
    "watch",
    "who",
    "channels list",
    "channels show",
    "pending",
  ],
  ...["acl show", "acl explain", "dead list", "creds list", "completion", "paths", "version"],
  ...["join", "deliver", "manage"],
];

describe("what changes something", () => {
  test.each(listedCommands.filter((name) => commandTable[name]?.changes === true))(
    "says by --dry-run what it would change: %s",
    async (name) => {
      verifies("CLI-11");
      expect((await commandOf(name)).definition.options).toContain("dryRun");
    },
  );

  test.each(listedCommands.filter((name) => commandTable[name]?.changes !== true))(
    "is none of the others, which have no use for it: %s",
    async (name) => {
      verifies("CLI-11");
      expect((await commandOf(name)).definition.options).not.toContain("dryRun");
    },
  );

  test("is told apart from what only looks", () => {
    verifies("CLI-11");
    const unsaid = listedCommands.filter((name) => commandTable[name]?.changes !== true);
    expect([...unsaid].sort()).toEqual([...others].sort());
  });
});

test.each(listedCommands.filter((name) => commandTable[name]?.waits !== undefined))(
  "what waits for somebody else takes how long, and whether: %s",
  async (name) => {
    verifies("CLI-11");
    const { options } = (await commandOf(name)).definition;
    expect(options).toContain("timeout");
    expect(options).toEqual(expect.arrayContaining([...(commandTable[name]?.waits ?? [])]));
  },
);

test("whoever takes a --timeout is said to wait", async () => {
  verifies("CLI-11");
  const names = await Promise.all(
    listedCommands.map(async (name) =>
      (await commandOf(name)).definition.options.includes("timeout") ? [name] : [],
    ),
  );
  expect(names.flat()).toEqual(listedCommands.filter((name) => commandTable[name]?.waits !== undefined));
});
