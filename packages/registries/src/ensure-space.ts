import type { Session } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import { createStream, type FoundStream, findStream } from "./broker-stream.ts";
import type { Drift } from "./drift.ts";
import { type IngestSecrets, type SealedSpec, seal } from "./ingest.ts";
import { type SpaceLayout, spaceTable } from "./space-table.ts";

export interface SpaceSpec extends SpaceLayout {
  readonly ingest: IngestSecrets;
}

export type StreamOutcome =
  | { readonly kind: "created" | "unchanged"; readonly stream: string }
  | { readonly kind: "repaired"; readonly stream: string; readonly drifts: readonly Drift[] };

/** Reached before each change; a test kills the broker or the program there. */
const changePoint = "ensure-space.change";

/**
 * Makes the streams of a space what the table says. It may be called again at any time and by several
 * at once, also after it was cut off. When anything would weaken the space or lose data it changes nothing.
 */
export async function ensureSpace(session: Session, spec: SpaceSpec): Promise<readonly StreamOutcome[]> {
  const rows = spaceTable(spec).map((row) => seal(row, spec.ingest));
  const found = await all(rows.map(async (row) => [row, await findStream(session, row)] as const));
  requireHarmless(found.flatMap(([, stream]) => stream?.drifts ?? []));
  return await all(
    found.map(([row, stream]) => (stream ? repair(session, row, stream) : create(session, row))),
  );
}

/** No stream needs another one, so all are asked for at once. When one fails, the others are waited for as well. */
async function all<T>(works: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(works);
  return await Promise.all(works);
}

async function create(session: Session, row: SealedSpec): Promise<StreamOutcome> {
  await session.faults.reach(changePoint);
  try {
    await createStream(session, row);
    return { kind: "created", stream: row.spec.name };
  } catch (error) {
    if (!(error instanceof CotalError && error.code === "refused")) throw error;
    const madeMeanwhile = await findStream(session, row);
    if (!madeMeanwhile) throw error;
    requireHarmless(madeMeanwhile.drifts);
    return await repair(session, row, madeMeanwhile);
  }
}

async function repair(session: Session, { spec }: SealedSpec, found: FoundStream): Promise<StreamOutcome> {
  const { drifts } = found;
  if (!drifts.some(({ action }) => action === "repair")) return { kind: "unchanged", stream: spec.name };
  await session.faults.reach(changePoint);
  await found.repair();
  return { kind: "repaired", stream: spec.name, drifts };
}

function requireHarmless(drifts: readonly Drift[]): void {
  const refused = drifts.filter(({ action }) => action === "refuse");
  if (refused.length === 0) return;
  const list = refused.map(({ stream, field }) => `${field} of ${stream}`).join(", ");
  throw new CotalError(
    "space-drift",
    `the space is not as it should be, and changing it could do harm: ${list}`,
    {
      hint: "compare the values in the data; give the options with which the space was made, or change the streams by hand",
      data: { drifts },
    },
  );
}
