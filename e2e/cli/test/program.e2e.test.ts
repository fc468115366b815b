import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, expect, test } from "vitest";
import { program, programFromSource, type TestUser, testUser } from "./cotal.ts";

let user: TestUser;
beforeAll(async () => {
  user = await testUser();
});
afterAll(() => user[Symbol.asyncDispose]());

const asModule = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;

test("on a Node that is too old there is one line and exit code 2", async () => {
  verifies("CLI-12");
  const pretend = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.1" } });`;
  const refused = await user.run(["status", "--json"], { nodeArgs: ["--import", asModule(pretend)] });
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr).toMatch(/^cotal needs Node 20\.19 .*18\.20\.1.*\n$/);
});

const showLoads = `import { register } from "node:module"; register(${JSON.stringify(
  asModule(`export async function resolve(name, context, next) {
    const found = await next(name, context);
    process._rawDebug("loaded " + found.url);
    return found;
  }`),
)});`;

test("what a command does not need is not loaded", async () => {
  verifies("CLI-4");
  const nodeArgs = ["--import", asModule(showLoads)];
  const loadedBy = async (...command: string[]): Promise<string> =>
    (await user.run(command, { program: programFromSource, nodeArgs })).stderr;
  const heavy = /loaded .*(nats-core|\/zod\/|packages\/(registries|session|trust|wire)\/)/;
  expect(await loadedBy("version")).not.toMatch(heavy);
  expect(await loadedBy("completion", "bash")).not.toMatch(heavy);
  expect(await loadedBy("status")).toMatch(heavy);
});

test("it is one bundle, beside which it loads nothing", async () => {
  verifies("CLI-59");
  const { stderr } = await user.run(["status"], { nodeArgs: ["--import", asModule(showLoads)] });
  const loaded = stderr.match(/(?<=^loaded file:\/\/).*$/gm) ?? [];
  const folder = `${dirname(program[0] ?? "")}/`;
  expect(loaded.filter((path) => path.startsWith(folder)).length).toBeGreaterThan(2);
  expect(loaded.filter((path) => !path.startsWith(folder))).toEqual([]);
});

test("a call from the sources counts paths from the caller's folder", async () => {
  verifies("CLI-23");
  const caller = join(user.folder, "caller");
  await mkdir(caller);
  const env = { INIT_CWD: caller, COTAL_HOME: "mine" };
  const { result } = (await user.run(["paths", "--json"], { env, program: programFromSource })).json();
  expect(result.paths[0].path).toBe(join(caller, "mine/data/main"));
});

test("a reader that goes away is no failure", async () => {
  const child = spawn(process.execPath, [...program, "--help"], {
    cwd: user.folder,
    env: { ...user.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdout.destroy();
  const [code] = await once(child, "close");
  expect([code, stderr]).toEqual([0, ""]);
});

test("it talks to the broker on this machine and to nobody else", async () => {
  verifies("CLI-15");
  const spy = `import net from "node:net";
  import dns from "node:dns";
  import { syncBuiltinESMExports } from "node:module";
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function (...args) {
    const [to] = Array.isArray(args[0]) ? args[0] : args;
    process._rawDebug("dials " + (to?.path ?? to?.host ?? to));
    return connect.apply(this, args);
  };
  const lookup = dns.lookup;
  dns.lookup = (name, ...rest) => {
    process._rawDebug("looks up " + name);
    return lookup(name, ...rest);
  };
  syncBuiltinESMExports();`;
  for (const args of [["up", "--detach"], ["status"], ["paths"], ["version"], [], ["down"]]) {
    const { stderr } = await user.run(args, { nodeArgs: ["--import", asModule(spy)] });
    const talks = stderr.split("\n").filter((line) => /^(dials|looks up) /.test(line));
    if (["up", "status"].includes(args[0] ?? "")) expect(talks).toContain("dials 127.0.0.1");
    expect(talks.filter((line) => !/ 127\.0\.0\.1$/.test(line))).toEqual([]);
  }
});
