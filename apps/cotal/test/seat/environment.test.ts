import { stat } from "node:fs/promises";
import { verifies } from "@cotal/requirements";
import { asToken } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { userFilesOf } from "../../src/home/mesh-files.ts";
import { environmentFor, maskOf, readEnvironment, writeEnvironment } from "../../src/seat/environment.ts";
import { seatFiles } from "../../src/seat/seat.ts";
import { failureOf, withFolder } from "../support.ts";

describe("the environment of an agent", () => {
  test("has what every program of the user has, what was given, and nothing else of the caller", () => {
    verifies("CLI-46");
    const env = { HOME: "/h", PATH: "/p", LC_ALL: "C", TOKEN: "t0ken!", OTHER: "x", COTAL_HOME: "/c" };
    expect(environmentFor(["TOKEN", "MODE=a=b"], { env })).toEqual({
      inherited: { HOME: "/h", PATH: "/p", LC_ALL: "C" },
      given: { TOKEN: "t0ken!", MODE: "a=b" },
    });
  });

  test.each([
    ["no name", "1A=x"],
    ["no name at all", "=x"],
    ["what every agent has", "COTAL_CREDS=/etc/passwd"],
    ["what is not set", "MISSING"],
    ["what no environment holds", "A=\u0000"],
  ])("refuses %s", async (_, wish) => {
    verifies("CLI-46");
    expect(await failureOf(() => environmentFor([wish], { env: {} }))).toMatchObject({ code: "usage" });
  });

  test("takes the values that were given out of a text, the longest first, and leaves short words alone", () => {
    verifies("CLI-46");
    const mask = maskOf({ inherited: { HOME: "/h/me" }, given: { A: "secret", B: "secret-2", C: "on" } });
    expect(mask("secret-2 secret on /h/me")).toBe("*** *** on /h/me");
  });

  test("lies in a file for this user alone, and is refused when it is torn", async () => {
    verifies("CLI-46");
    await withFolder(async (folder) => {
      const files = userFilesOf({ env: { COTAL_HOME: folder }, folder });
      const seat = { name: asToken("name", "bob") };
      const environment = { inherited: { HOME: "/h" }, given: { A: "secret" } };
      await writeEnvironment(files, seat, environment);
      expect((await stat(seatFiles(files, seat.name).environment)).mode & 0o777).toBe(0o600);
      expect(await readEnvironment(files, seat)).toEqual(environment);
      expect(await failureOf(() => readEnvironment(files, { name: asToken("name", "eve") }))).toMatchObject({
        code: "bad-state",
      });
    });
  });
});
