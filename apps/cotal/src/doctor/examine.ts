import { CotalError } from "@cotal/subjects";
import { type MeshFiles, meshFilesOf } from "../home/mesh-files.ts";
import type { Host } from "../host.ts";
import { type Check, failed, okay } from "../mesh/check.ts";
import { type Mesh, openMesh } from "../mesh/mesh.ts";
import { probeMesh } from "../mesh/probe-mesh.ts";
import { checkCredentials } from "./credentials.ts";
import { checkFileModes } from "./file-modes.ts";
import type { Finding } from "./finding.ts";
import { checkClock } from "./host-checks.ts";

/** All that the doctor looks at, in the order in which one thing needs the other. */
export async function examine(host: Host, step: (text: string) => void): Promise<Finding[]> {
  const files = await meshFilesOf(host);
  step("looking at the files");
  const findings: Finding[] = [await checkFileModes(files)];
  const opened = await open(host, files);
  findings.push(opened.finding);
  const { mesh } = opened;
  if (mesh === undefined) return findings;
  findings.push(...(await checkCredentials(mesh)));
  step("probing the mesh");
  const { checks, broker } = await probeMesh(mesh, host.interrupted);
  host.interrupted.throwIfAborted();
  // That of the own peer is one of those that were looked at.
  findings.push(...checks.filter(({ id }) => id !== "credential"));
  if (broker !== undefined) findings.push(await checkClock(mesh, broker, host.interrupted));
  return findings;
}

/** Where no mesh was made there is nothing to look at. */
async function open(
  host: Host,
  { trust }: MeshFiles,
): Promise<{ readonly mesh?: Mesh; readonly finding: Check }> {
  try {
    return { mesh: await openMesh(host), finding: okay("keys", `whole, in ${trust}`) };
  } catch (error) {
    if (error instanceof CotalError && error.code === "mesh-absent") throw error;
    return { finding: failed("keys", error) };
  }
}
