import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { publishedProgram } from "@cotal/tools/published-program";
import { play } from "../play.ts";
import type { PlayWitness } from "./seeded-bug.ts";

// One play on the sources that this file lies among. What was found goes to a file.

const [witness = "", results = ""] = process.argv.slice(2);
const { seed, seconds, faults }: PlayWitness = JSON.parse(witness);
await using program = await publishedProgram("cotal");
const folder = await mkdtemp(join(tmpdir(), "cotal-torture-"));
const { violations } = await play({ program: program.path, folder, seed, seconds, faults });
await mkdir(dirname(results), { recursive: true });
await writeFile(results, JSON.stringify(violations));
