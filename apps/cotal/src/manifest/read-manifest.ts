import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { CotalError, quoted } from "@cotal/subjects";
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type YAMLMap,
} from "yaml";
import { Manifest } from "./manifest.ts";

/** One thing that is wrong with a manifest, and where. */
export interface Fault {
  readonly line: number;
  readonly column: number;
  readonly what: string;
}

/** A manifest, and where in its file each thing stands. */
export interface ReadManifest {
  readonly path: string;
  /** The path as it was given. */
  readonly shown: string;
  readonly manifest: Manifest;
  /** What is wrong with something in it, with the place of that. */
  fault(path: readonly PropertyKey[], what: string): Fault;
}

const mostBytes = 1024 * 1024;

/** Refuses what is no manifest with all its faults: `bad-manifest`. */
export async function readManifest(shown: string, folder: string): Promise<ReadManifest> {
  const path = resolve(folder, shown);
  const text = await textOf(path, shown);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number, what: string): Fault => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col, what };
  };
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0)
    throw badManifest(
      shown,
      broken.map(({ pos, message }) => at(pos[0], message)),
    );
  const fault = (where: readonly PropertyKey[], what: string): Fault => at(offsetOf(document, where), what);
  const read = Manifest.safeParse(valueIn(document, shown));
  if (read.success) return { path, shown, manifest: read.data, fault };
  throw badManifest(
    shown,
    read.error.issues.flatMap((issue) => faultsOf(issue, fault)),
  );
}

const mostTold = 5;

/** In the order of the file. */
export function badManifest(shown: string, faults: readonly Fault[]): CotalError {
  const inOrder = [...faults].sort((one, other) => one.line - other.line || one.column - other.column);
  const told = inOrder.slice(0, mostTold).map((each) => faultLine(shown, each));
  const more = inOrder.length > mostTold ? [`and ${inOrder.length - mostTold} more`] : [];
  return new CotalError("bad-manifest", [...told, ...more].join("; "), {
    hint: "mend the file; nothing was changed",
    data: { file: shown, faults: inOrder },
  });
}

function faultLine(shown: string, { line, column, what }: Fault): string {
  return `${shown}:${line}:${column}: ${what}`;
}

async function textOf(path: string, shown: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new CotalError("manifest-unreadable", `${quoted(shown)} cannot be read: ${cause.code}`, {
      hint: "name the manifest by cotal up -f <file>",
      data: { path },
      cause,
    });
  });
  if (bytes.length > mostBytes) throw badManifest(shown, [{ line: 1, column: 1, what: "larger than 1 MiB" }]);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw badManifest(shown, [{ line: 1, column: 1, what: "no UTF-8" }]);
  }
}

/** Aliases that blow up are refused here. */
function valueIn(document: Document, shown: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    throw badManifest(shown, [{ line: 1, column: 1, what: (error as Error).message }]);
  }
}

type Issue = NonNullable<ReturnType<typeof Manifest.safeParse>["error"]>["issues"][number];

function faultsOf(issue: Issue, fault: ReadManifest["fault"]): Fault[] {
  const { path } = issue;
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => fault([...path, key], `unknown field ${quoted(key)}`));
    case "invalid_key":
      return issue.issues.map(({ message }) => fault(path, message));
    default:
      return [fault(path, issue.message)];
  }
}

/** Of the name of the field, which stands for its value; where there is none, of what is nearest around it. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const name of path) {
    const found = isMap(node) ? fieldIn(node, name) : itemIn(node, name);
    if (found === undefined) break;
    offset = startOf(found.shown) ?? offset;
    node = found.value;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

interface Found {
  /** What stands for it in the file. */
  readonly shown: unknown;
  readonly value: unknown;
}

function fieldIn(map: YAMLMap, name: PropertyKey): Found | undefined {
  const pair = map.items.find(({ key }) => isScalar(key) && String(key.value) === String(name));
  return pair && { shown: pair.key, value: pair.value };
}

function itemIn(node: unknown, at: PropertyKey): Found | undefined {
  const item = isSeq(node) ? node.items[Number(at)] : undefined;
  return item === undefined ? undefined : { shown: item, value: item };
}
