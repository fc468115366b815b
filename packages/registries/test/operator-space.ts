import { leakCheck, type SpaceBroker, startSpaceBroker, withSession } from "@cotal/harness";
import { requestApi, type Session } from "@cotal/session";
import { CotalError, type OwnerId } from "@cotal/subjects";
import { ingestSecret, type Minted, type Profile } from "@cotal/trust";
import { ensureSpace, type SpaceSpec } from "../src/ensure-space.ts";
import { spaceTable } from "../src/space-table.ts";
import { specOf } from "./support.ts";

/** A broker in operator mode; everybody on it has the rights of a profile and no others. */
export interface OperatorSpace extends AsyncDisposable, Pick<SpaceBroker, "broker" | "mint"> {
  readonly spec: SpaceSpec;
  /** Runs as a new user of this profile, or as the holder of a credential. */
  as<T>(who: Profile | Minted, run: (session: Session, id: OwnerId) => Promise<T>): Promise<T>;
  /** Removes streams of the space, as its teardown does. */
  remove(...streams: readonly string[]): Promise<void>;
}

/** At its end nobody is connected any more. What the broker forgets by itself goes with the streams. */
export async function startOperatorSpace({ bare = false } = {}): Promise<OperatorSpace> {
  const fixture = await startSpaceBroker();
  const { broker, mint } = fixture;
  const spec = specOf("acme", { ingest: (resource) => ingestSecret(fixture.space, resource) });
  const leaks = await leakCheck(broker);
  const as: OperatorSpace["as"] = async (who, run) => {
    const minted = typeof who === "string" ? mint({ profile: who, name: `n-${who}` }) : who;
    return await withSession(broker.url, (session) => run(session, minted.id), { as: minted });
  };
  const remove = (...streams: readonly string[]): Promise<void> =>
    as("teardown", async (session) => {
      for (const name of streams) await removeStream(session, name);
    });
  if (!bare) await as("setup", (session) => ensureSpace(session, spec));
  return {
    broker,
    mint,
    spec,
    as,
    remove,
    [Symbol.asyncDispose]: async () => {
      try {
        await remove(...spaceTable(spec).map(({ name }) => name));
        await leaks.assertClean();
      } finally {
        await fixture[Symbol.asyncDispose]();
      }
    },
  };
}

async function removeStream(session: Session, name: string): Promise<void> {
  try {
    await requestApi(session, `STREAM.DELETE.${name}`);
  } catch (error) {
    if (!(error instanceof CotalError && error.code === "stream-missing")) throw error;
  }
}
