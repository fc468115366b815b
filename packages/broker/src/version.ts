/** The oldest nats-server whose streams, consumers and transforms Cotal relies on. */
export const minimumVersion = "2.14.0";

/** Who can reach the broker: programs of this machine only, or other machines too. */
export type Exposure = "loopback" | "network";

export interface KnownIssue {
  readonly id: string;
  /** The first version without it. */
  readonly fixedIn: string;
  /** The exposure from which on it matters. */
  readonly exposure: Exposure;
  readonly text: string;
}

export const knownIssues: readonly KnownIssue[] = [
  {
    id: "older-than-minimum",
    fixedIn: minimumVersion,
    exposure: "loopback",
    text: `Cotal needs nats-server ${minimumVersion} or newer`,
  },
  {
    id: "loopback-only",
    fixedIn: "2.14.5",
    exposure: "network",
    text: "nats-server before 2.14.5 is to be reached over loopback only",
  },
];

export interface VersionReport {
  readonly version: string;
  readonly minimum: string;
  readonly issues: readonly KnownIssue[];
}

/** What is known against running this version where `exposure` says. */
export function versionReport(version: string, exposure: Exposure): VersionReport {
  const issues = knownIssues.filter(
    (issue) =>
      (issue.exposure === "loopback" || exposure === "network") &&
      compareVersions(version, issue.fixedIn) < 0,
  );
  return { version, minimum: minimumVersion, issues };
}

const form = /^v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z.-]{1,64}))?$/;

/** True for `2.14.0` and `v2.15.0-RC.1`. */
export function isVersion(text: string): boolean {
  return form.test(text);
}

/**
 * Negative when `a` is older than `b`, positive when it is newer, 0 when they are equal. A
 * pre-release is older than its release. What is no version counts as older than any.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (const [at, part] of left.numbers.entries()) {
    const difference = part - (right.numbers[at] ?? 0);
    if (difference !== 0) return difference;
  }
  if (left.label === right.label) return 0;
  if (left.label === "") return 1;
  if (right.label === "") return -1;
  return left.label.localeCompare(right.label, "en", { numeric: true });
}

function partsOf(text: string): { numbers: number[]; label: string } {
  const [, major = -1, minor = -1, patch = -1, label = ""] = form.exec(text) ?? [];
  return { numbers: [Number(major), Number(minor), Number(patch)], label };
}
