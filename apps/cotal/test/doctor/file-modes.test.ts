import { chmod, mkdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { checkFileModes } from "../../src/doctor/file-modes.ts";
import { userFilesOf } from "../../src/home/mesh-files.ts";
import { withFolder } from "../support.ts";

test("what others may open is found and closed, links are not followed, and what is missing is no fault", async () => {
  verifies("CLI-63", "TRUST-23");
  await withFolder(async (home) => {
    const files = userFilesOf({ env: { COTAL_HOME: home }, folder: "/" });
    expect(await checkFileModes(files)).toMatchObject({ verdict: "ok" });
    await mkdir(join(files.trust, "main"), { recursive: true, mode: 0o700 });
    await chmod(files.folder, 0o700);
    const outside = join(home, "outside");
    await writeFile(outside, "", { mode: 0o666 });
    await symlink(outside, join(files.trust, "link"));
    expect(await checkFileModes(files)).toMatchObject({ verdict: "ok" });
    const seed = join(files.trust, "main/agents.seed");
    await writeFile(seed, "");
    await chmod(seed, 0o640);
    await chmod(files.folder, 0o755);
    const found = await checkFileModes(files);
    expect(found).toMatchObject({ verdict: "failed", failure: { code: "bad-trust-files" } });
    expect(found.failure?.data.paths).toEqual([files.folder, seed]);
    await found.fix?.();
    expect(((await stat(seed)).mode & 0o777).toString(8)).toBe("600");
    expect(((await stat(files.folder)).mode & 0o777).toString(8)).toBe("700");
    expect(await checkFileModes(files)).toMatchObject({ verdict: "ok" });
  });
});
