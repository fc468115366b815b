import { verifies } from "@cotal/requirements";
import { CotalError } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { toned } from "../../src/report/line.ts";
import { createReporter, type ReportOptions } from "../../src/report/reporter.ts";
import { testHost } from "../support.ts";

const options: ReportOptions = { format: "text", quiet: false, debug: false };
const done = { result: { seq: 42 }, lines: ["plain", [toned("good", "stored"), " seq 42"]] };
const denied = new CotalError("not-allowed", "you may not", { hint: "cotal status", data: { x: 1 } });

describe("an outcome", () => {
  test("is text for people, and exit code 0", () => {
    const host = testHost();
    expect(createReporter(host, options).outcome("send", done)).toBe(0);
    expect([host.stdout.text(), host.stderr.text()]).toEqual(["plain\nstored seq 42\n", ""]);
  });

  test("is one JSON document for programs", () => {
    verifies("CLI-5");
    const host = testHost();
    expect(createReporter(host, { ...options, format: "json" }).outcome("send", done)).toBe(0);
    expect(host.stdout.text()).toBe('{"v":1,"command":"send","ok":true,"exitCode":0,"result":{"seq":42}}\n');
  });

  test("that names a failure is printed with it, and never exit code 0", () => {
    verifies("CLI-17");
    const host = testHost();
    expect(createReporter(host, options).outcome("send", { ...done, failure: denied })).toBe(5);
    expect(host.stdout.text()).toContain("stored seq 42");
    expect(host.stderr.text()).toBe("failed you may not (not-allowed)\nnext   cotal status\n");
    const json = testHost();
    createReporter(json, { ...options, format: "json" }).outcome("send", { ...done, failure: denied });
    expect(JSON.parse(json.stdout.text())).toEqual({
      v: 1,
      command: "send",
      ok: false,
      exitCode: 5,
      result: { seq: 42 },
      error: { code: "not-allowed", message: "you may not", hint: "cotal status", data: { x: 1 } },
    });
  });
});

describe("a warning", () => {
  const warning = { code: "release-differs", message: "it is older", hint: "cotal restart x" } as const;

  test("is one line beside what is printed next, a failure too, and shown once", () => {
    verifies("CLI-16");
    const host = testHost();
    const reporter = createReporter(host, { ...options, quiet: true });
    reporter.warn([warning]);
    expect(reporter.failure("x", denied)).toBe(5);
    reporter.outcome("x", done);
    expect(host.stderr.text()).toBe(
      "failed you may not (not-allowed)\nnext   cotal status\nwarning it is older: cotal restart x (release-differs)\n",
    );
  });

  test("stands in the document, until it is over", () => {
    verifies("CLI-16");
    const host = testHost();
    const reporter = createReporter(host, { ...options, format: "json" });
    reporter.warn([warning]);
    reporter.outcome("x", done);
    expect(JSON.parse(host.stdout.text()).warnings).toEqual([warning]);
    const other = testHost();
    const later = createReporter(other, { ...options, format: "json" });
    later.warn([warning]);
    later.warn([]);
    later.outcome("x", done);
    expect(JSON.parse(other.stdout.text())).not.toHaveProperty("warnings");
  });
});

describe("a failure", () => {
  test("shows its stack and causes with --debug only", () => {
    verifies("CLI-6");
    const failure = new CotalError("internal", "outer", { cause: new Error("inner reason") });
    const [plain, debug] = [testHost(), testHost()];
    createReporter(plain, options).failure("x", failure);
    expect(plain.stderr.text()).not.toMatch(/inner reason|\bat /);
    createReporter(debug, { ...options, debug: true }).failure("x", failure);
    expect(debug.stderr.text()).toMatch(/inner reason[\s\S]*\bat /);
  });

  test("that nobody foresaw has the code internal", () => {
    const host = testHost();
    expect(createReporter(host, options).failure("x", new TypeError("oh"))).toBe(1);
    expect(host.stderr.text()).toContain("(internal)");
  });

  test.each(["EACCES", "EROFS", "ENOSPC", "ENOTDIR"])("of the disk (%s) names the path", (code) => {
    const host = testHost();
    const error = Object.assign(new Error(code), { code, path: "/a/b", syscall: "open" });
    expect(createReporter(host, options).failure("x", error)).toBe(1);
    expect(host.stderr.text()).toMatch(/"\/a\/b" cannot be used.*\(home-unusable\)/);
  });

  test("steers no terminal, whatever its words are", () => {
    verifies("CLI-7");
    const host = testHost({}, true);
    createReporter(host, options).failure(
      "x",
      new CotalError("refused", "\u001b[2Jgone\u202e", { hint: "\u0007" }),
    );
    expect(host.stderr.text()).not.toContain("\u001b[2J");
    expect(host.stderr.text()).toContain("\\u{1b}[2Jgone\\u{202e}");
  });
});

describe("colours", () => {
  const coloured = (
    env: Record<string, string>,
    isTerminal: boolean,
    format: ReportOptions["format"] = "text",
  ) => {
    const host = testHost(env, isTerminal);
    createReporter(host, { ...options, format }).outcome("x", done);
    return host.stdout.text().includes("\u001b[32mstored\u001b[39m");
  };

  test("are for terminals, and as NO_COLOR and FORCE_COLOR say", () => {
    verifies("CLI-9");
    expect(coloured({}, true)).toBe(true);
    expect(coloured({}, false)).toBe(false);
    expect(coloured({ NO_COLOR: "1" }, true)).toBe(false);
    expect(coloured({ FORCE_COLOR: "1" }, false)).toBe(true);
    expect(coloured({ FORCE_COLOR: "0" }, true)).toBe(false);
    expect(coloured({ NO_COLOR: "1", FORCE_COLOR: "1" }, true)).toBe(false);
    expect(coloured({ TERM: "dumb" }, true)).toBe(false);
    expect(coloured({}, true, "plain")).toBe(false);
  });
});

describe("progress", () => {
  const shown = (
    env: Record<string, string>,
    isTerminal: boolean,
    changed: Partial<ReportOptions> = {},
  ): string => {
    const host = testHost(env, isTerminal);
    const reporter = createReporter(host, { ...options, ...changed });
    reporter.step("starting the broker");
    reporter.outcome("x", done);
    expect(host.stdout.text()).toContain("seq");
    return host.stderr.text();
  };

  test("is plain lines on standard error where nobody can see a spinner", () => {
    verifies("CLI-9");
    expect(shown({}, false)).toBe("starting the broker …\n");
    expect(shown({ CI: "true" }, true)).toBe("starting the broker …\n");
  });

  test("is nothing with --quiet and with --json", () => {
    verifies("CLI-9");
    expect(shown({}, false, { quiet: true })).toBe("");
    expect(shown({}, true, { quiet: true })).toBe("");
    expect(shown({}, false, { format: "json" })).toBe("");
  });
});
