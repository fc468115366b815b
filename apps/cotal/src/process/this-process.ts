import { type ProcessIdentity, processFacts } from "@cotal/broker";

/** This very process, as others find it. */
export function thisProcess(): ProcessIdentity {
  const { pid } = process;
  const facts = processFacts(pid);
  return { pid, startTime: facts.kind === "absent" ? "" : facts.startTime };
}
