import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type TestUser, testUser } from "./cotal.ts";
import { onTerminal, type Terminal } from "./on-terminal.ts";

let user: TestUser;
beforeEach(async () => {
  user = await testUser();
});
afterEach(() => user[Symbol.asyncDispose]());

const terminal = (args: readonly string[], env?: Record<string, string>): Terminal =>
  onTerminal(user, args, env);

const esc = "\u001b";

describe("on a terminal", () => {
  test("up shows a spinner and colours, and Ctrl-C is a clean down", async () => {
    verifies("CLI-9", "CLI-27", "CLI-55");
    const up = terminal(["up"]);
    await eventually(() => up.screen().includes("join link"), { what: "the mesh" });
    expect(up.screen()).toContain(`${esc}[32mup`);
    expect(up.screen()).toMatch(/[^\s\w]\S* (looking|starting|setting)/);
    up.pty.write("\u0003");
    expect(await up.ended).toBe(0);
    expect(up.screen()).toContain("the mesh is stopped");
    expect(await user.brokerPid()).toBeUndefined();
  });

  test("a terminal that is closed takes the mesh down", async () => {
    verifies("CLI-27");
    const up = terminal(["up"]);
    await eventually(() => up.screen().includes("join link"), { what: "the mesh" });
    up.pty.kill("SIGHUP");
    await up.ended;
    await eventually(async () => (await user.brokerPid()) === undefined, { what: "the end of the broker" });
  });

  test("failures and results have no colours with NO_COLOR and --plain, and JSON never has", async () => {
    verifies("CLI-9", "CLI-55");
    const failed = terminal(["status"]);
    expect(await failed.ended).toBe(3);
    expect(failed.screen()).toContain(`${esc}[31mfailed`);
    for (const [args, env] of [
      [["status"], { NO_COLOR: "1" }],
      [["status", "--plain"], {}],
      [["status", "--json"], {}],
    ] as const) {
      const plain = terminal(args, env);
      expect(await plain.ended).toBe(3);
      expect(plain.screen()).not.toContain(`${esc}[3`);
    }
  });

  test.each([["up", "--detach"], ["status"], ["paths"], ["version"], ["down"]])(
    "%s succeeds",
    async (...args) => {
      verifies("CLI-55");
      if (args[0] === "status") await user.run(["up", "--detach"]);
      expect(await terminal(args).ended).toBe(0);
    },
  );

  test("nothing asks before it deletes: --yes says it", async () => {
    verifies("CLI-10", "CLI-55");
    await user.run(["up", "--detach"]);
    const purge = terminal(["down", "--purge"]);
    expect(await purge.ended).toBe(2);
    expect(await user.brokerPid()).toBeDefined();
  });

  test("of 40 columns has no row that breaks, and keeps what is typed below what arrives", async () => {
    verifies("CLI-187", "CLI-9");
    const narrow = (args: readonly string[]): Terminal => onTerminal(user, args, { NO_COLOR: "1" }, 40);
    await user.run(["up", "--detach"]);
    const joined = narrow(["join", "--as", "typist"]);
    await eventually(() => joined.screen().includes("you are typist"), { what: "the chat" });
    const who = narrow(["who", "typist"]);
    expect(await who.ended).toBe(0);
    expect(who.screen()).toMatch(/typist\r\n {2}status {4}idle\r\n {2}since {5}[-0-9: ]+\r\n/);
    const typed = "half of what I mean to say, over two rows";
    joined.pty.write(typed);
    await eventually(() => joined.screen().includes(typed.slice(-8)), { what: "the typed line" });
    await user.run(["send", "-c", "general", "spoken meanwhile"]);
    await eventually(() => joined.screen().includes("spoken meanwhile"), { what: "the message" });
    const after = (): string => joined.screen().slice(joined.screen().indexOf("spoken meanwhile"));
    await eventually(() => after().replaceAll("\r\n", "").includes(typed.slice(0, 30)), {
      what: "what was typed",
    });
    expect(joined.screen()).toMatch(new RegExp(`${esc}\\[0J[^]*spoken meanwhile`));
    joined.pty.write("!\r");
    await eventually(async () => {
      const { stdout } = await user.run(["history", "general"]);
      return stdout.includes(`${typed}!`);
    });
    joined.pty.write("\u0003");
    expect(await joined.ended).toBe(0);
  });
});
