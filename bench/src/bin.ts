import { main } from "./main.ts";
import { resultsFolder } from "./results.ts";
import { rows } from "./rows/all-rows.ts";

process.exitCode = await main(process.argv.slice(2), {
  rows,
  resultsFolder,
  print: (text) => process.stdout.write(text),
  tell: (text) => process.stderr.write(text),
});
