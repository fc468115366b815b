import { publishedProgram } from "@cotal/tools/published-program";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** The file that the command is, as it is published. */
    program: string;
  }
}

/** Builds the command once for all tests. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const program = await publishedProgram("cotal");
  provide("program", program.path);
  return async () => await program[Symbol.asyncDispose]();
}
