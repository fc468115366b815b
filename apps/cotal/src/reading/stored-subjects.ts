import { requestApi, type Session } from "@cotal/session";

export interface StoredSubjects {
  /** How many entries there are of each subject. */
  readonly counts: ReadonlyMap<string, number>;
  /** Of the stream, by the clock of the broker. */
  readonly ageMs: number;
}

interface SubjectsPage {
  readonly total?: number;
  readonly created: string;
  readonly ts: string;
  readonly state: { readonly subjects?: Readonly<Record<string, number>> };
}

/** What is stored in a stream below the filter, by subject. A session of the set-up may ask. */
export async function storedSubjects(
  session: Session,
  stream: string,
  filter: string,
): Promise<StoredSubjects> {
  const counts = new Map<string, number>();
  for (;;) {
    const { created, ts, total, state } = await requestApi<SubjectsPage>(session, `STREAM.INFO.${stream}`, {
      subjects_filter: filter,
      offset: counts.size,
    });
    const subjects = Object.entries(state.subjects ?? {});
    for (const [subject, count] of subjects) counts.set(subject, count);
    if (subjects.length === 0 || counts.size >= (total ?? 0)) {
      return { counts, ageMs: Date.parse(ts) - Date.parse(created) };
    }
  }
}
