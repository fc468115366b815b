import fc from "fast-check";

/** Values that sit just beside what a field takes. */
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1.5,
    2 ** 53,
    1e300,
    "",
    "x",
    " x",
    "a/b",
    "team.*",
    [],
    {},
  ),
  fc.constantFrom<unknown>(
    "text",
    "data",
    "com.example",
    "x".repeat(129),
    "\u{1d49c}".repeat(200),
    "x".repeat(201),
  ),
  fc.constantFrom<unknown>({ kind: "text", text: "t" }, { kind: "data" }, { kind: "a.b" }, [
    { kind: "text" },
  ]),
  fc.jsonValue({ maxDepth: 2 }),
  fc.string({ unit: "grapheme", maxLength: 8 }),
);

const fieldNames = [
  ..."id ts space from name role channel to toService mentions parts kind text data replyTo contextId".split(
    " ",
  ),
  ..."expiresAt card status meta v op args ok error code message reason com.example extra".split(" "),
];

/** The example with some fields, at any depth, removed, added or replaced; some of them none at all. */
export function mutationOf(example: unknown): fc.Arbitrary<unknown> {
  const step = fc.record({
    path: fc.array(fc.nat(30), { maxLength: 3 }),
    value: oddValue,
    remove: fc.boolean(),
  });
  return fc.array(step, { maxLength: 3 }).map((steps) => {
    let value: unknown = structuredClone(example);
    for (const { path, value: odd, remove } of steps) value = changed(value, path, remove ? undefined : odd);
    return JSON.parse(JSON.stringify(value) ?? "null");
  });
}

function changed(value: unknown, path: readonly number[], odd: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined || typeof value !== "object" || value === null) return odd ?? null;
  if (Array.isArray(value)) {
    const at = first % (value.length + 1);
    return value.toSpliced(at, 1, ...(odd === undefined ? [] : [changed(value[at] ?? {}, rest, odd)]));
  }
  const names = [...Object.keys(value), fieldNames[first] ?? "extra"];
  const name = names[first % names.length] ?? "extra";
  const inner = (value as Record<string, unknown>)[name];
  return { ...value, [name]: rest.length === 0 ? odd : changed(inner ?? {}, rest, odd) };
}
