import { CotalError, quoted } from "@cotal/subjects";
import { programVersion } from "../program-version.ts";
import { type State, stateIn } from "./json-state.ts";
import type { MeshFiles } from "./mesh-files.ts";
import { readFileIfAny } from "./private-file.ts";

/** The state of a mesh, by the number of its format. */
export type StateSight =
  | { readonly kind: "absent" }
  /** Torn, or not written by cotal. */
  | { readonly kind: "unreadable" }
  | {
      readonly kind: "current" | "older" | "newer";
      readonly format: number;
      /** The version that has written it. */
      readonly program: unknown;
      readonly state: State;
    };

const firstFormat = 1;

export async function seeState({ settings }: MeshFiles, known: number): Promise<StateSight> {
  const text = await readFileIfAny(settings);
  if (text === undefined) return { kind: "absent" };
  const state = stateIn(text);
  const { format, program } = state ?? {};
  if (state === undefined || !isFormat(format)) return { kind: "unreadable" };
  const kind = format === known ? "current" : format < known ? "older" : "newer";
  return { kind, format, program, state };
}

function isFormat(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= firstFormat;
}

type Seen = Pick<Extract<StateSight, { readonly format: number }>, "format" | "program">;

interface Known {
  readonly path: string;
  readonly known: number;
}

export function stateNewer({ format, program }: Seen, { path, known }: Known): CotalError {
  const own = programVersion();
  return new CotalError(
    "state-newer",
    `the mesh was written by cotal ${quoted(program)} in format ${format}; this is cotal ${own}, which knows format ${known}`,
    { hint: "use the newer cotal", data: { path, format, known, program, version: own } },
  );
}

export function stateOlder({ format, program }: Seen, { path, known }: Known): CotalError {
  const own = programVersion();
  return new CotalError(
    "state-older",
    `the mesh was written by cotal ${quoted(program)} in format ${format}; this is cotal ${own}, with format ${known}`,
    {
      hint: "cotal down, then cotal up: it makes a copy and brings the mesh to the new format",
      data: { path, format, known, program, version: own },
    },
  );
}
