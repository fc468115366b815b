import { systemClock } from "@cotal/session";
import type { Token } from "@cotal/subjects";
import { isRevoked, type SpaceTrust } from "@cotal/trust";
import type { Call, Definition } from "../../command.ts";
import { type Mesh, openMesh } from "../../mesh/mesh.ts";
import { requireOutsideSeat } from "../../mesh/seat-identity.ts";
import { codedError } from "../../report/coded-error.ts";
import { type Span, toned } from "../../report/line.ts";
import type { Outcome } from "../../report/reporter.ts";
import { table } from "../../report/table.ts";
import { type HeldCredential, heldCredential, heldNames } from "../../rights/held-credential.ts";

export const definition: Definition<never> = {
  options: [],
  details: ["The credentials that lie with the mesh of this user, and how long they are good for."],
};

interface Listed {
  readonly name: string;
  readonly id: string | undefined;
  readonly profile: string | undefined;
  /** `waiting`: a command that makes or changes its peer was cut off. */
  readonly state: "valid" | "expired" | "revoked" | "waiting" | "unreadable";
  readonly expiresAt: string | undefined;
  readonly path: string;
  /** Of one that cannot be read. */
  readonly why?: string;
}

export async function run({ host }: Call<never>): Promise<Outcome> {
  requireOutsideSeat(host);
  const mesh = await openMesh(host);
  const names = await heldNames(mesh.files);
  const credentials = await Promise.all(names.map((name) => look(mesh, name)));
  const rows = credentials.map(({ name, state, profile = "", expiresAt = "", id = "" }) => [
    name,
    toneOf(state),
    profile,
    expiresAt,
    id,
  ]);
  return { result: { credentials }, lines: table(["name", "state", "profile", "until", "id"], rows) };
}

async function look({ files, space }: Mesh, name: Token): Promise<Listed> {
  const path = files.credential(name);
  try {
    const held = await heldCredential(files, name);
    const { id, profile, expiresAt } = held ?? {};
    const until = expiresAt === undefined ? undefined : new Date(expiresAt).toISOString();
    return { name, id, profile, state: stateOf(space, held), expiresAt: until, path };
  } catch (error) {
    const none = { id: undefined, profile: undefined, expiresAt: undefined };
    return { name, ...none, state: "unreadable", path, why: codedError(error).message };
  }
}

function stateOf(space: SpaceTrust, held: HeldCredential | undefined): Listed["state"] {
  if (held === undefined || held.isAside) return "waiting";
  if (isRevoked(space, held.text)) return "revoked";
  return held.expiresAt !== undefined && held.expiresAt <= systemClock.now() ? "expired" : "valid";
}

function toneOf(state: Listed["state"]): Span {
  return toned(state === "valid" ? "good" : "bad", state);
}
