import type { Part } from "./mesh.ts";
import type { Random } from "./random.ts";
import { type Fault, rest, type Stage } from "./stage.ts";

/** What may happen to the parts of a mesh. */
export const meshFaults = {
  "broker killed": (stage, random) => killed(stage, random, "broker"),
  "broker stands still": (stage, random) => paused(stage, "broker", random.below(4_000)),
  "delivery killed": (stage, random) => killed(stage, random, "delivery"),
  "delivery stands still": (stage, random) => paused(stage, "delivery", random.below(8_000)),
  "manager killed": (stage, random) => killed(stage, random, "manager"),
  "everything killed": async ({ mesh, onBrokerKill }) => {
    onBrokerKill();
    for (const part of ["broker", "delivery", "manager"] as const) await mesh.signal(part, "SIGKILL");
    await mesh.heal();
  },
} as const satisfies Readonly<Record<string, Fault>>;

/** A user who asks at that moment is told the truth, and `up` mends it. */
async function killed({ mesh, onViolation, onBrokerKill }: Stage, random: Random, part: Part): Promise<void> {
  if (part === "broker") onBrokerKill();
  await mesh.signal(part, "SIGKILL");
  if (random.below(3) === 0) {
    const { exitCode, checks } = await mesh.status();
    if (exitCode === 0 || checks[part] === "ok")
      onViolation({ of: "status", text: `the ${part} was killed, and status says that all is well` });
  }
  await mesh.heal();
}

async function paused(stage: Stage, part: Part, ms: number): Promise<void> {
  await stage.mesh.signal(part, "SIGSTOP");
  await rest(stage, ms);
  await stage.mesh.signal(part, "SIGCONT");
}
