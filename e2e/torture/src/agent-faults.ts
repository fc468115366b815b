import { isRunning, signalProcess } from "@cotal/broker";
import { mortal, parrot } from "./cast.ts";
import { within } from "./rights-faults.ts";
import { type Fault, insist, rest, type Stage } from "./stage.ts";

/** What happens to agents of the host. */
export const agentFaults = {
  "agent spawned": async (stage, random) => {
    const name = `guest${random.below(1_000_000)}`;
    const spawned = ["spawn", name, "--preset", "echo"];
    await insist(stage, `cotal spawn ${name}`, async () => {
      // What was not there in time is running all the same.
      await stage.mesh.order(...spawned).catch(unlessCode("agent-running"));
    });
    const holder = await stage.mesh.holder(name);
    await insist(stage, `cotal stop ${name}`, () => stage.mesh.order("stop", name));
    if (holder !== undefined && isRunning(holder))
      stage.onViolation({ of: "left-over", text: `${name} was stopped, and process ${holder.pid} runs` });
    await insist(stage, `cotal rm ${name}`, async () => {
      await stage.mesh.order("rm", name, "--yes").catch(unlessCode("unknown-agent"));
    });
  },
  "holder killed": async (stage, random) => {
    const holder = await stage.mesh.holder(parrot);
    if (holder === undefined) return;
    signalProcess(holder, "SIGKILL");
    if (random.below(2) === 0) await requireTruth(stage, holder.pid);
    await rest(stage, random.below(2_000));
  },
} as const satisfies Readonly<Record<string, Fault>>;

/** The broker looks at the ends of credentials by the second. */
const brokerLagMs = 2_000;

/** What happens to a credential whose end is near. */
export const lifeFaults = {
  "credential expired": async (stage, random) => {
    const peer = stage.peers.find(({ actor }) => actor.name === mortal);
    if (peer === undefined) return;
    while (stage.taken.has(peer) || stage.changing.has(peer)) await rest(stage, 50);
    stage.taken.add(peer);
    const order = { peer: mortal, right: "all" } as const;
    try {
      const expiresAt = await renewed(stage);
      stage.note({ note: "ordering", ...order, may: false });
      const stopped = peer.stopped();
      await rest(stage, expiresAt + brokerLagMs - Date.now());
      stage.note({ note: "ordered", ...order, may: false });
      const code = await within(stage, stopped);
      if (code !== "auth-expired")
        stage.onViolation({
          of: "right",
          text: `the credential of ${mortal} has ended, and ${mortal} goes on (${code})`,
        });
      await rest(stage, random.below(2_000));
      stage.note({ note: "ordering", ...order, may: true });
      await renewed(stage);
      stage.note({ note: "ordered", ...order, may: true });
      await peer.kill();
      await peer.start();
      await peer.ask("speak");
    } finally {
      stage.taken.delete(peer);
    }
  },
} as const satisfies Readonly<Record<string, Fault>>;

/** The end of its new credential. */
async function renewed(stage: Stage): Promise<number> {
  let expiresAt = 0;
  await insist(stage, `cotal creds renew ${mortal}`, async () => {
    const { credentials } = await stage.mesh.order("creds", "renew", mortal);
    expiresAt = Date.parse(credentials[0].expiresAt);
  });
  return expiresAt;
}

/** The one that was killed is not said to be in order. */
async function requireTruth({ mesh, onViolation }: Stage, pid: number): Promise<void> {
  const { checks, evidence } = await mesh.status();
  const id = `agent ${parrot}`;
  if (checks[id] === "ok" && evidence[id]?.includes(`process ${pid} running`))
    onViolation({ of: "status", text: `${parrot} was killed, and status says that process ${pid} is well` });
}

function unlessCode(code: string): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof Error && error.message.includes(`: ${code}: `))) throw error;
  };
}
