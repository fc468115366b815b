import { setUpSpace as setUp } from "@cotal/registries";
import { programVersion } from "../program-version.ts";
import { type CallSession, withCallSession } from "./call-session.ts";
import { type Mesh, spaceSpecOf } from "./mesh.ts";
import type { Taken } from "./part.ts";

/** What every mesh begins with. */
export const generalChannel = "general";

/** Makes what is missing of the space. */
export async function setUpSpace(mesh: Mesh, at: Omit<CallSession, "profile">): Promise<Taken<undefined>> {
  const { streams } = await withCallSession(mesh, { ...at, profile: "setup" }, ({ session, id }) =>
    setUp(session, {
      spec: spaceSpecOf(mesh),
      id,
      version: programVersion(),
      channels: { [generalChannel]: { v: 1 } },
    }),
  );
  const number = (kind: string): number => streams.filter((stream) => stream.kind === kind).length;
  const done = (["created", "repaired", "unchanged"] as const)
    .filter((kind) => number(kind) > 0)
    .map((kind) => `${number(kind)} ${kind}`);
  return { value: undefined, evidence: `${mesh.settings.space}: streams ${done.join(", ")}` };
}
