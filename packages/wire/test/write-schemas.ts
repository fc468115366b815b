import { writeFileSync } from "node:fs";
import { jsonSchema, records, schemaFolder } from "./json-schemas.ts";

for (const [name, schema] of Object.entries(records)) {
  writeFileSync(
    new URL(`${name}.json`, schemaFolder),
    `${JSON.stringify(jsonSchema(name, schema), null, 2)}\n`,
  );
}
