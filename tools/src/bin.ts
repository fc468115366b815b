import { run } from "./program.ts";

const print = (text: string): void => void process.stdout.write(`${text}\n`);

process.exitCode = await run(process.argv.slice(2), print).catch((error: unknown) => {
  print(error instanceof Error ? error.message : String(error));
  return 1;
});
