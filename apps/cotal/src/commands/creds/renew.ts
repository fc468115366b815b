import { systemClock } from "@cotal/session";
import { CotalError, quoted, type Token } from "@cotal/subjects";
import { renew, saveCredential } from "@cotal/trust";
import type { Call, Definition } from "../../command.ts";
import { withLock } from "../../home/lock.ts";
import { type Mesh, openMesh } from "../../mesh/mesh.ts";
import { requireOutsideSeat } from "../../mesh/seat-identity.ts";
import { codedError } from "../../report/coded-error.ts";
import { type Line, toned } from "../../report/line.ts";
import type { Outcome } from "../../report/reporter.ts";
import { type HeldCredential, heldCredential, heldNames } from "../../rights/held-credential.ts";

export const definition: Definition<"dryRun", "name"> = {
  options: ["dryRun"],
  arguments: ["name"],
  details: [
    "Gives the credential that lies here a new life of the same length, and all of them when no name is said;",
    "who uses it takes it up by itself. One that is revoked is not renewed.",
  ],
};

export async function run({ host, options, words, step }: Call<"dryRun", "name">): Promise<Outcome> {
  requireOutsideSeat(host);
  const mesh = await openMesh(host);
  const { dryRun = false } = options;
  step("renewing");
  const all = async (): Promise<Renewed[]> => {
    const names = words.name === undefined ? await heldNames(mesh.files) : [words.name];
    const done: Renewed[] = [];
    for (const name of names) done.push(await renewOne(mesh, { name, dryRun }));
    return done;
  };
  const alone = { waitMs: 60_000, signal: host.interrupted };
  const renewed = await (dryRun ? all() : withLock(mesh.files.folder, all, alone));
  const failure = renewed.find((each) => each.failure !== undefined)?.failure;
  return {
    result: {
      credentials: renewed.map(({ failure: error, ...rest }) => ({ ...rest, code: error?.code })),
      dryRun,
    },
    lines: renewed.map((each) => lineOf(each, dryRun)),
    failure,
  };
}

interface Renewed {
  readonly name: string;
  readonly expiresAt: string | undefined;
  readonly failure: CotalError | undefined;
}

/** One that cannot be renewed does not hold up the others. */
async function renewOne(
  { files, space }: Mesh,
  { name, dryRun }: { readonly name: Token; readonly dryRun: boolean },
): Promise<Renewed> {
  try {
    const held = required(await heldCredential(files, name), name);
    const minted = renew(space, held.text, systemClock.now());
    if (!dryRun) await saveCredential(held.path, minted);
    return { name, expiresAt: new Date(minted.expiresAt).toISOString(), failure: undefined };
  } catch (error) {
    return { name, expiresAt: undefined, failure: withCommand(codedError(error), name) };
  }
}

function required(held: HeldCredential | undefined, name: Token): HeldCredential {
  if (held?.isAside === false) return held;
  const what =
    held === undefined ? "lies here" : "is in its place: a command that changes its peer was cut off";
  throw new CotalError("no-credential", `no credential of ${quoted(name)} ${what}`, {
    hint: held === undefined ? "cotal creds list lists those that do" : `cotal mint ${name}`,
    data: { name },
  });
}

function withCommand({ code, message, hint, data }: CotalError, name: string): CotalError {
  const next = code === "auth-refused" ? `cotal mint ${name} makes it welcome again` : hint;
  return new CotalError(code, message, { data, ...(next !== undefined && { hint: next }) });
}

function lineOf({ name, expiresAt, failure }: Renewed, dryRun: boolean): Line {
  const done = dryRun ? toned("warn", "would renew") : toned("good", "renewed");
  if (failure === undefined) return [done, `  ${name}, until ${expiresAt}`];
  return [toned("bad", "failed "), `  ${name}: ${failure.message}`];
}
