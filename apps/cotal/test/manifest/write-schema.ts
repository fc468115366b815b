import { writeFileSync } from "node:fs";
import { manifestJsonSchema } from "../../src/manifest/manifest.ts";

const file = new URL("../../schema/cotal.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);
