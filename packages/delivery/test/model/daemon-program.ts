import { type ArmedFault, createFaultPoints, openLink } from "@cotal/harness";
import { brokerError, type Link } from "@cotal/session";
import { type Minted, secret } from "@cotal/trust";
import { createEngine } from "../../src/engine.ts";
import type { EngineEvent } from "../../src/engine-options.ts";
import type { DaemonBeginning, DaemonCall, DaemonWord } from "./daemon-calls.ts";
import type { TrapOrder } from "./leader.ts";
import { ingestFrom } from "./secrets.ts";
import { space } from "./world.ts";

/** A whole delivery daemon: lease, standby, leaders and their services. It ends with the one that started it. */
const faults = createFaultPoints();
let armed: ArmedFault | undefined;
let link: Link | undefined;

const say = (word: DaemonWord): Promise<void> =>
  new Promise((resolve) => {
    process.send?.(word, undefined, undefined, () => resolve());
  });
const complain = (failure: unknown): void => {
  const { code, message } = brokerError(failure);
  void say({ kind: "complaint", code, message });
};

function begin({ url, holder, id, creds, apiRoot, ingest, quota }: DaemonBeginning): void {
  const minted: Minted = { id, jwt: "", expiresAt: 0, creds: secret(creds), apiRoot: secret(apiRoot) };
  const engine = createEngine({
    space,
    self: { id, name: "delivery" },
    holder,
    version: "0.0.0",
    standby: true,
    ingest: ingestFrom(ingest),
    quota,
    onEvent: tell,
  });
  link = openLink(url, { as: minted, faults, capabilities: [engine] });
  link.start({ retryFirst: true }).catch(complain);
}

function tell(event: EngineEvent): void {
  if ("error" in event) complain(event.error);
  else void say({ kind: event.kind, shard: event.shard });
}

function arm({ point, wakes }: TrapOrder): void {
  armed?.release();
  const trap = faults.arm(point, { kind: wakes ? "hold" : "kill" });
  armed = trap;
  void trap.reached.then(async () => {
    await say({ kind: "still" });
    if (armed === trap) process.kill(process.pid, "SIGSTOP");
    trap.release();
  });
}

async function stop(): Promise<void> {
  armed?.release();
  await link?.stop();
  process.disconnect();
}

process.on("message", (call: DaemonCall) => {
  switch (call.kind) {
    case "begin":
      begin(call);
      return;
    case "arm":
      arm(call);
      return;
    case "disarm":
      armed?.release();
      return;
    case "wake":
      // It may not have stood still yet.
      armed = undefined;
      void say({ kind: "awake", n: call.n });
      return;
    case "redial":
      // When it fails, the link goes on by itself.
      if (link) void Promise.allSettled([link.reconnect()]);
      return;
    case "stop":
      stop().catch(complain);
  }
});
process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
