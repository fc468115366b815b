import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { verifies } from "@cotal/requirements";
import { CotalError } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { type Built, builtFor, fitsMachine } from "../src/architecture.ts";
import { inspectBroker } from "../src/executable.ts";
import { type LocateOptions, locateBroker, shippedPackage } from "../src/locate.ts";
import { tempFolder } from "./temp.ts";

/** A folder with a `nats-server` of this content. */
function withProgram(content: string | Buffer, mode = 0o755): string {
  const folder = tempFolder();
  program(join(folder, "nats-server"), content, mode);
  return folder;
}

function program(path: string, content: string | Buffer, mode = 0o755): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}

const says = (text: string): string => `#!/bin/sh\necho '${text}'\n`;
const ofVersion = (version: string): string => says(`nats-server: v${version}`);

async function refusalOf(asked: Promise<unknown>): Promise<CotalError> {
  const error = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof CotalError) return error;
  throw new Error(`expected a coded refusal, got ${String(error)}`);
}

const locate = (options: LocateOptions): Promise<string> => locateBroker(options).then(({ path }) => path);

describe("nats-server is looked for", () => {
  test("at the path that is named, and only there", async () => {
    verifies("BROK-1");
    const [named, onPath] = [withProgram(ofVersion("2.14.1")), withProgram(ofVersion("2.15.0"))];
    const explicit = join(named, "nats-server");
    expect(await locateBroker({ explicit, searchPath: onPath })).toEqual({
      path: explicit,
      version: "2.14.1",
    });
    const missing = await refusalOf(locateBroker({ explicit: join(named, "other"), searchPath: onPath }));
    expect(missing.code).toBe("broker-not-found");
  });

  test("on the search path before npm's copy, or the other way round", async () => {
    verifies("BROK-2");
    const onPath = withProgram(ofVersion("2.14.1"));
    const beside = tempFolder();
    const copy = join(beside, "node_modules", shippedPackage, "bin", "nats-server");
    const inner = join(beside, "deep", "er");
    program(copy, ofVersion("2.14.2"));
    const searchPath = [tempFolder(), onPath].join(delimiter);
    expect(await locate({ searchPath, beside: [inner] })).toBe(join(onPath, "nats-server"));
    expect(await locate({ searchPath, beside: [inner], first: "shipped" })).toBe(copy);
    expect(await locate({ beside: [inner] })).toBe(copy);
  });

  test("beside this package unless told otherwise", async () => {
    verifies("BROK-2");
    expect(await locateBroker()).toEqual({
      path: expect.stringMatching(`${shippedPackage}/bin/nats-server$`),
      version: expect.stringMatching(/^2\.14\./),
    });
  });

  test("past what cannot be used", async () => {
    verifies("BROK-3");
    const [old, good] = [withProgram(ofVersion("2.13.9")), withProgram(ofVersion("2.14.0"))];
    expect(await locate({ searchPath: [old, good].join(delimiter) })).toBe(join(good, "nats-server"));
  });
});

describe("without a usable nats-server", () => {
  test("the error names what was refused and three ways to get one", async () => {
    verifies("BROK-3");
    const old = withProgram(ofVersion("2.13.9"));
    const error = await refusalOf(locateBroker({ searchPath: old, beside: [tempFolder()] }));
    expect(error.code).toBe("broker-not-found");
    expect(error.message).toContain("2.13.9");
    expect(error.hint).toMatch(/on the PATH.*npm install.*name the program yourself/);
    expect(error.data).toEqual({
      refused: [{ code: "broker-too-old", path: join(old, "nats-server"), version: "2.13.9" }],
    });
  });
});

describe("a file that is named", () => {
  const inspect = (content: string | Buffer, mode?: number): Promise<unknown> =>
    inspectBroker(join(withProgram(content, mode), "nats-server"));

  test.each([
    ["too old", ofVersion("2.13.9"), "broker-too-old"],
    ["a pre-release of the oldest", ofVersion("2.14.0-RC.3"), "broker-too-old"],
    ["another program", says("v20.20.2"), "not-a-broker"],
    ["one that claims no version", says("nats-server: vNext"), "not-a-broker"],
    ["one that fails", "#!/bin/sh\necho nats-server: v2.14.0; exit 3\n", "not-a-broker"],
    ["one that floods", "#!/bin/sh\nwhile :; do echo nats-server: v2.14.0; done\n", "not-a-broker"],
    ["text", "nothing to run here", "not-a-broker"],
    ["empty", "", "not-a-broker"],
  ])("is refused when it is %s", async (_what, content, code) => {
    verifies("BROK-4", "BROK-5");
    expect((await refusalOf(inspect(content))).code).toBe(code);
  });

  test("is given up when it hangs", async () => {
    verifies("BROK-5");
    expect((await refusalOf(inspect("#!/bin/sh\nexec sleep 600\n"))).code).toBe("not-a-broker");
  });

  test("is refused when it cannot be executed", async () => {
    verifies("BROK-4");
    expect((await refusalOf(inspect(ofVersion("2.14.0"), 0o644))).code).toBe("broker-not-executable");
    expect((await refusalOf(inspectBroker(tempFolder()))).code).toBe("broker-not-executable");
  });

  test("is refused when it was built for another machine", async () => {
    verifies("BROK-4");
    const { path } = await locateBroker();
    const foreign = readFileSync(path).subarray(0, 4096);
    foreign.writeUInt16LE(foreign.readUInt16LE(18) === 0xb7 ? 0x3e : 0xb7, 18);
    expect((await refusalOf(inspect(foreign))).code).toBe("broker-wrong-architecture");
  });
});

test("the head of a program says what it was built for", () => {
  const head = (hex: string): Built => builtFor(Buffer.from(hex.padEnd(40, "0"), "hex"));
  const elf = (machine: string): Built => head(`7f454c460201010000000000000000000200${machine}`);
  expect(elf("3e00")).toEqual({ kind: "native", system: "elf", machine: "x64" });
  expect(elf("b700")).toEqual({ kind: "native", system: "elf", machine: "arm64" });
  expect(head("cffaedfe0c000001")).toEqual({ kind: "native", system: "mach-o", machine: "arm64" });
  expect(head("4d5a")).toEqual({ kind: "native", system: "pe", machine: "?" });
  expect(builtFor(Buffer.from("#!/bin/sh"))).toEqual({ kind: "script" });
  expect(builtFor(Buffer.from(""))).toEqual({ kind: "unknown" });

  expect(fitsMachine(elf("3e00"), "linux", "x64")).toBe(true);
  expect(fitsMachine(elf("3e00"), "linux", "arm64")).toBe(false);
  expect(fitsMachine(elf("f300"), "linux", "x64")).toBe(false);
  expect(fitsMachine(elf("3e00"), "darwin", "x64")).toBe(false);
  expect(fitsMachine(head("cffaedfe0c000001"), "darwin", "arm64")).toBe(true);
  expect(fitsMachine({ kind: "script" }, "linux", "x64")).toBe(true);
});
