import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { compareVersions, isVersion, versionReport } from "../src/version.ts";

describe("versions", () => {
  test("compare by their numbers, a pre-release before its release", () => {
    verifies("BROK-6");
    const ascending = [
      "no version",
      "1.99.99",
      "2.9.0",
      "2.14.0-RC.2",
      "2.14.0-RC.10",
      "2.14.0",
      "v2.14.5",
      "2.14.10",
      "3.0.0",
    ];
    for (const [at, older] of ascending.entries()) {
      expect(compareVersions(older, older)).toBe(0);
      for (const newer of ascending.slice(at + 1)) {
        expect(compareVersions(older, newer), `${older} < ${newer}`).toBeLessThan(0);
        expect(compareVersions(newer, older), `${newer} > ${older}`).toBeGreaterThan(0);
      }
    }
  });

  test("are three numbers with at most a label", () => {
    for (const text of ["2.14.0", "v2.14.0", "2.15.0-beta.1"]) expect(isVersion(text)).toBe(true);
    for (const text of ["", "2.14", "2.14.0.1", "2.14.0 ", "2.14.0\n", "2.x.0"]) {
      expect(isVersion(text), text).toBe(false);
    }
  });

  test("are reported with what is known against them, where it matters", () => {
    verifies("BROK-7");
    const issues = (version: string, exposure: "loopback" | "network"): string[] =>
      versionReport(version, exposure).issues.map(({ id }) => id);
    expect(issues("2.14.0", "loopback")).toEqual([]);
    expect(issues("2.14.4", "network")).toEqual(["loopback-only"]);
    expect(issues("2.14.5", "network")).toEqual([]);
    expect(issues("2.13.9", "network")).toEqual(["older-than-minimum", "loopback-only"]);
    expect(issues("2.13.9", "loopback")).toEqual(["older-than-minimum"]);
  });
});
