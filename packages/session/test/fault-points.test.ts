import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { noFaultPoints } from "../src/fault-points.ts";

const packages = fileURLToPath(new URL("../..", import.meta.url));

test("what is published can reach a fault point and can do nothing there", async () => {
  verifies("SESS-70");
  const implementing = readdirSync(packages).flatMap((name) =>
    readdirSync(`${packages}/${name}/src`, { encoding: "utf8", recursive: true })
      .filter((file) => file.endsWith(".ts"))
      .filter((file) => /\breach\s*(:|\(name)/.test(readFileSync(`${packages}/${name}/src/${file}`, "utf8")))
      .map((file) => `${name}/src/${file}`),
  );
  expect(implementing).toEqual(["session/src/fault-points.ts"]);
  expect(await noFaultPoints.reach("anything")).toBeUndefined();
});
