import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, open, stat } from "node:fs/promises";
import { CotalError, quoted } from "@cotal/subjects";
import { builtFor, fitsMachine, headBytes } from "./architecture.ts";
import { compareVersions, isVersion, minimumVersion } from "./version.ts";

/** A nats-server that runs on this machine and is new enough. */
export interface BrokerBinary {
  readonly path: string;
  readonly version: string;
}

/** Looks at a file and asks it for its version; refuses what is no usable nats-server. */
export async function inspectBroker(path: string): Promise<BrokerBinary> {
  await checkFile(path);
  const version = /^nats-server: v?(\S+)\s*$/.exec(await versionText(path))?.[1];
  if (version === undefined || !isVersion(version)) {
    throw refusal("not-a-broker", path, "is not nats-server", "name the nats-server program");
  }
  if (compareVersions(version, minimumVersion) < 0) {
    const why = `is nats-server ${version}; ${minimumVersion} is the oldest that serves`;
    throw refusal("broker-too-old", path, why, "install a newer nats-server", { version });
  }
  return { path, version };
}

async function checkFile(path: string): Promise<void> {
  const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw refusal("broker-not-found", path, `cannot be read (${error.code})`, "check the path");
  });
  const runs = await access(path, constants.X_OK).then(
    () => facts.isFile(),
    () => false,
  );
  if (!runs) {
    throw refusal(
      "broker-not-executable",
      path,
      "is not an executable file",
      "try chmod +x, or another path",
    );
  }
  if (!fitsMachine(builtFor(await readHead(path)), process.platform, process.arch)) {
    const machine = `${process.platform} ${process.arch}`;
    throw refusal(
      "broker-wrong-architecture",
      path,
      `was built for another machine than ${machine}`,
      `get the nats-server for ${machine}`,
    );
  }
}

async function readHead(path: string): Promise<Buffer> {
  await using file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw refusal("broker-not-executable", path, `cannot be read (${error.code})`, "check its mode");
  });
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
  return buffer.subarray(0, bytesRead);
}

/** Empty when the program fails, hangs or says too much. */
function versionText(path: string): Promise<string> {
  const bounds = { timeout: 5_000, killSignal: "SIGKILL", maxBuffer: 4096, env: {} } as const;
  return new Promise((resolve) => {
    execFile(path, ["--version"], bounds, (error, stdout) => resolve(error ? "" : stdout));
  });
}

type Refusal =
  | "broker-not-executable"
  | "broker-not-found"
  | "broker-too-old"
  | "broker-wrong-architecture"
  | "not-a-broker";

function refusal(code: Refusal, path: string, why: string, hint: string, facts: object = {}): CotalError {
  return new CotalError(code, `${quoted(path)} ${why}`, { hint, data: { path, ...facts } });
}
