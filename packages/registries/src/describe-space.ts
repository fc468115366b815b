import type { Session } from "@cotal/session";
import { findStream } from "./broker-stream.ts";
import type { Drift, StreamUse } from "./drift.ts";
import type { SpaceSpec } from "./ensure-space.ts";
import { seal } from "./ingest.ts";
import { spaceTable } from "./space-table.ts";
import type { StreamConfig } from "./stream-spec.ts";

export type StreamReport =
  | { readonly kind: "absent"; readonly stream: string; readonly want: StreamConfig }
  | {
      readonly kind: "present";
      readonly stream: string;
      /** As the broker has it, secrets masked. */
      readonly config: StreamConfig;
      readonly use: StreamUse;
      readonly drifts: readonly Drift[];
    };

/** The table of a space as it stands on the broker. Changes nothing. */
export async function describeSpace(session: Session, spec: SpaceSpec): Promise<readonly StreamReport[]> {
  const rows = spaceTable(spec).map((row) => seal(row, spec.ingest));
  const reports: StreamReport[] = [];
  for (const row of rows) {
    const { name: stream, config: want } = row.spec;
    const found = await findStream(session, row);
    if (!found) reports.push({ kind: "absent", stream, want });
    else {
      const { config, use, drifts } = found;
      reports.push({ kind: "present", stream, config, use, drifts });
    }
  }
  return reports;
}
