import { CotalError } from "@cotal/subjects";
import type { MeshFiles } from "../home/mesh-files.ts";
import { type Check, failed, okay, warning } from "../mesh/check.ts";
import { restartDaemons } from "../mesh/release-warnings.ts";
import { isThisRelease, releaseText, thisRelease } from "../release.ts";
import { runningManager } from "./manager-note.ts";

/** Whether agents are looked after. Those that run do so without a manager too. */
export async function probeManager(files: MeshFiles): Promise<Check> {
  const note = await runningManager(files);
  if (note === undefined) {
    return failed("manager", new CotalError("daemon-ended", "it does not run", { hint: "cotal up" }));
  }
  if (!isThisRelease(note)) {
    const what = `process ${note.pid} runs ${releaseText(note)}; this is ${releaseText(thisRelease())}`;
    return warning("manager", what, restartDaemons);
  }
  return note.ready
    ? okay("manager", `process ${note.pid} holds its lease`)
    : warning("manager", `process ${note.pid} does not hold its lease yet`, "cotal logs manager");
}
