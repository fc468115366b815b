import { isRunning, signalProcess } from "@cotal/broker";
import type { Part } from "./mesh.ts";
import type { Random } from "./random.ts";
import { type Fault, insist, rest, type Stage } from "./stage.ts";

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
  "lead taken": async (stage) => {
    const { mesh } = stage;
    if ((await mesh.processes("delivery")).filter(isRunning).length < 2) await mesh.standby();
    const [leader] = (await mesh.processes("delivery")).filter(isRunning);
    if (leader === undefined) return;
    signalProcess(leader, "SIGSTOP");
    await insist(stage, "the lead of a daemon that stands still was not taken: delivery", async () => {
      const { checks, evidence } = await mesh.status();
      if (checks.delivery !== "ok") throw new Error(`${evidence.delivery}`);
    });
    signalProcess(leader, "SIGCONT");
    await rest(stage, 2_000);
    await mesh.heal();
  },
  "disk full": async (stage, random) => {
    const { mesh, disk, onViolation, onBrokerKill } = stage;
    if (disk === undefined) return rest(stage, 500);
    await disk.fill();
    await rest(stage, random.below(3_000));
    const { checks } = await mesh.status();
    if (checks.disk === "ok")
      onViolation({ of: "status", text: "the disk is full, and status says that it is well" });
    await disk.empty();
    // What the broker could not write once it writes no more until it starts anew.
    onBrokerKill();
    await insist(stage, "cotal down", () => mesh.order("down"));
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
