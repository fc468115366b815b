import type ts from "typescript";
import { isPublishedSource } from "../repo/place.ts";
import { importedModule, isFreeName, isMemberUse, memberOf } from "../syntax/names.ts";
import { nodeRule } from "./syntax-rule.ts";

/** The one clock, and the wait of a package that stands below it. */
const clocks: readonly string[] = ["packages/session/src/clock.ts", "packages/broker/src/wait.ts"];

/** `setImmediate` is none of them: it gives way to others and lets no time pass. */
const timers: ReadonlySet<string> = new Set(["setTimeout", "setInterval"]);
const timerModules: ReadonlySet<string> = new Set([
  "timers",
  "timers/promises",
  "node:timers",
  "node:timers/promises",
]);

/** Time is a dependency of whatever waits; only a clock touches the real one. */
export const timersOnlyInClock = nodeRule({
  name: "timers",
  where: (path) => isPublishedSource(path) && !clocks.includes(path),
  fault: (node) => {
    const name = timerName(node);
    return name && `${name} outside the clock; take a Clock, or use sleep and withDeadline`;
  },
});

function timerName(node: ts.Node): string | undefined {
  const module = importedModule(node);
  if (module !== undefined && timerModules.has(module)) return module;
  if (isFreeName(node) && timers.has(node.text)) return node.text;
  if (isMemberUse(node, "globalThis", timers)) return memberOf(node)?.member ?? "a timer";
  return isMemberUse(node, "AbortSignal", new Set(["timeout"])) ? "AbortSignal.timeout" : undefined;
}
