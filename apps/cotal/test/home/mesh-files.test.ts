import { homedir } from "node:os";
import { join } from "node:path";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { userFilesOf } from "../../src/home/mesh-files.ts";

const folderFor = (env: Record<string, string>): string => userFilesOf({ env, folder: "/here" }).folder;

describe("the mesh lies", () => {
  test("in the XDG folder for data", () => {
    verifies("CLI-18");
    expect(folderFor({ XDG_DATA_HOME: "/xdg" })).toBe("/xdg/cotal/main");
    expect(folderFor({})).toBe(join(homedir(), ".local/share/cotal/main"));
  });

  test("in the usual folder when that of XDG is relative or empty, as the standard says", () => {
    for (const given of ["relative", ""]) {
      expect(folderFor({ XDG_DATA_HOME: given })).toBe(join(homedir(), ".local/share/cotal/main"));
    }
  });

  test("where COTAL_HOME says, counted from the caller's folder", () => {
    verifies("CLI-19");
    expect(folderFor({ COTAL_HOME: "/moved", XDG_DATA_HOME: "/xdg" })).toBe("/moved/data/main");
    expect(folderFor({ COTAL_HOME: "moved" })).toBe("/here/moved/data/main");
  });

  test("as a whole below its folder", () => {
    verifies("CLI-18");
    const { folder, settings, trust, broker, peers, spaceTrust, credential } = userFilesOf({
      env: {},
      folder: "/",
    });
    for (const path of [settings, trust, broker, peers, spaceTrust("acme"), credential("alice")]) {
      expect(path.startsWith(`${folder}/`)).toBe(true);
    }
  });
});
