import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";

const source = fileURLToPath(new URL("../src", import.meta.url));
const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".ts"),
);

test("the process is ended in bin.ts only", () => {
  verifies("CLI-2");
  const ending = files.filter((name) =>
    /process\s*\.\s*exit\b/.test(readFileSync(join(source, name), "utf8")),
  );
  expect(ending).toEqual(["bin.ts"]);
});
