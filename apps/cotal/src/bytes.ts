import { CotalError, quoted } from "@cotal/subjects";

const units: readonly string[] = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A size such as `512MiB`; without a unit in bytes. */
export function parseBytes(text: string): number {
  const [, digits, unit = "B"] = /^(\d{1,15})([KMGT]iB|B)?$/.exec(text) ?? [];
  const bytes = Number(digits) * 1024 ** units.indexOf(unit);
  if (digits !== undefined && Number.isSafeInteger(bytes)) return bytes;
  throw new CotalError("bad-number", `${quoted(text)} is not a size`, {
    hint: "write a whole number with B, KiB, MiB, GiB or TiB, for example 4GiB",
  });
}

export function formatBytes(bytes: number): string {
  const exponent = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** exponent;
  const digits = exponent === 0 || Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)} ${units[exponent]}`;
}
