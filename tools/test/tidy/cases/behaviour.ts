import { type Cases, library, testFile } from "./cases.ts";

export const behaviour: Readonly<Record<string, Cases>> = {
  timers: {
    bad: {
      "a timer": library("setTimeout(f, 1);"),
      "an interval": library("const stop = setInterval(f, 1);"),
      "a timer of the global object": library("globalThis.setTimeout(f, 1);"),
      "a timer under another name": library("const later = setTimeout;"),
      "a timer taken out of the global object": library("const { setTimeout: later } = globalThis;"),
      "a promise of a timer": library(`import { setTimeout as sleep } from "node:timers/promises";`),
      "a signal that waits": library("f(AbortSignal.timeout(5));"),
      "a clock of one's own": { "packages/low/src/clock.ts": "setTimeout(f, 1);" },
    },
    good: {
      "the clock": { "packages/session/src/clock.ts": "setTimeout(f, 1);" },
      "the wait of the broker": { "packages/broker/src/wait.ts": "setTimeout(f, 1);" },
      "a test": testFile(`import { setTimeout } from "node:timers/promises";`),
      "a harness": { "e2e/harness/src/a.ts": "setTimeout(f, 1);" },
      "a name in text and in comments": library(`const a = "setTimeout"; // setTimeout(f)`),
      "a member of that name": library("fake.setTimeout(f, 1);\ninterface A { setTimeout: 1 }"),
      "giving way": library("setImmediate(f);"),
    },
  },
  catches: {
    bad: {
      "an empty catch": library("try { f(); } catch {}"),
      "a catch with only a comment": library("try { f(); } catch (e) {\n  // does not matter\n}"),
      "a handler that is empty": library("f().catch(() => {});"),
      "a handler with only a comment": library("f().catch(() => { /* does not matter */ });"),
      "a handler that gives undefined": library("f().catch(() => undefined);"),
      "a handler that gives void 0": library("f().catch(() => void 0);"),
      "a handler that returns null": library("f().catch(function () { return null; });"),
      "a second handler of then": library("f().then(g, () => {});"),
      "an empty catch in a test": testFile("try { f(); } catch {}"),
    },
    good: {
      "an error that is mapped": library("try { f(); } catch (e) { throw new Error('a', { cause: e }); }"),
      "an absence that is an answer": library("try { return f(); } catch { return undefined; }"),
      "a handler that maps": library("f().catch(() => 'absent');"),
      "somebody who is told": library("f().catch((e) => onFault('close', e));"),
      "an empty block that is no catch": library("f().then(() => {});"),
    },
  },
  exits: {
    bad: {
      "an exit": { "apps/cotal/src/program.ts": "process.exit(1);" },
      "an exit by another name": { "apps/cotal/src/program.ts": "const { exit } = process;" },
      "an exit by its key": { "tools/src/a.ts": `globalThis.process["exit"](1);` },
      "an abort": library("process.abort();"),
    },
    good: {
      "the entry of a program": { "apps/cotal/src/bin.ts": "process.exit(1);" },
      "an exit code": { "apps/cotal/src/program.ts": "process.exitCode = 1;" },
      "an exit of something else": library("child.exit();"),
    },
  },
  ambient: {
    bad: {
      "a variable of the environment": library("const a = process.env.HOME;"),
      "the environment taken apart": library("const { env } = process;"),
      "an import of it": library(`import { env } from "node:process";`),
      "a print": library("console.log(1);"),
      "a print by another name": library("const log = console;"),
      "a write to the output": library("process.stdout.write('a');"),
    },
    good: {
      "an app": { "apps/cotal/src/a.ts": "console.log(process.env.HOME);" },
      "a test": testFile("console.log(process.env.HOME);"),
      "a member of that name": library("options.env; options.console.log(1);"),
      "a fact about the process": library("process.pid;"),
    },
  },
  "every-test-runs": {
    bad: {
      "a skipped test": testFile(`test.skip("a", f);`),
      "a single test": testFile(`describe.only("a", f);`),
      "a test to be written": testFile(`it.todo("a");`),
      "a test that runs here and there": testFile(`test.runIf(linux)("a", f);`),
      "a single case of a table": testFile(`test.each([1]).only("a", f);`),
      "a test that skips itself": testFile(`test("a", (ctx) => ctx.skip());`),
      "a test that is tried again": testFile(`test("a", { retry: 2 }, f);`),
      "a test that is expected to fail": testFile(`test.fails("a", f);`),
      "a runner that tries again": { "vitest.config.ts": "export default { test: { retry: 1 } };" },
    },
    good: {
      "a test": testFile(`test("a", { timeout: 5 }, f);`),
      "a table": testFile(`test.each([1, 2])("a %i", f);`),
      "a method of that name": testFile("iterator.skip(1); f({ retry: 2 });"),
      "a policy of retries": library("const policy = { retry: 2 };"),
    },
  },
};
