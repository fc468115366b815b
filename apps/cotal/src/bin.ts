#!/usr/bin/env node
import { nodeRefusal } from "./node-version.ts";

// Nothing else is loaded before this: what follows may use words that an old Node cannot even read.
const refusal = nodeRefusal(process.versions.node);
if (refusal !== undefined) {
  process.stderr.write(`${refusal}\n`);
  process.exit(2);
}

const { hostProcess } = await import("./host-process.ts");
const { runProgram } = await import("./program.ts");

process.exit(await hostProcess((host) => runProgram(process.argv.slice(2), host), process.exit));
