import type { ChildProcess } from "node:child_process";
import { eventually, startFaultProxy } from "@cotal/harness";
import type { Quota } from "../../src/core/quota.ts";
import type { DaemonCall, DaemonWord } from "./daemon-calls.ts";
import { anywhere, type TrapOrder } from "./leader.ts";
import { isGone, killProgram } from "./programs.ts";
import { secretsOf } from "./secrets.ts";
import type { World } from "./world.ts";

/** A delivery daemon in a process of its own. */
export interface Daemon {
  readonly holder: string;
  /** How many shards it leads, as far as it has said. */
  readonly leads: number;
  readonly isUp: boolean;
  readonly isLeaving: boolean;
  readonly isStill: boolean;
  begin(): void;
  arm(order: TrapOrder): void;
  disarm(): void;
  /** Goes on, if it stands still. */
  wake(): void;
  redial(): void;
  cut(): void;
  kill(): Promise<void>;
  /** Told to give up its leads in order, and to end. */
  leave(): void;
}

export interface DaemonHooks {
  readonly quota: Quota;
  /** It has stopped where it was told to: for good, or until it is woken. */
  readonly onStop: () => void;
  readonly onComplaint: (what: string) => void;
}

export async function createDaemon(
  world: World,
  child: ChildProcess,
  { quota, onStop, onComplaint }: DaemonHooks,
): Promise<Daemon> {
  const { fixture } = world;
  const holder = `daemon-${world.nextNumber()}`;
  const minted = fixture.mint({ profile: "delivery", name: "delivery" });
  const proxy = await startFaultProxy({ targetPort: fixture.broker.port });
  const leads = new Set<number>();
  let isLeaving = false;
  /** What it waited for has run out meanwhile. */
  let hasStood = false;
  /** How often it was woken. */
  let wakes = 0;
  let state: "up" | "still" | "gone" = "up";

  // Whoever is gone is told nothing; that it has gone is seen by its exit.
  const tell = (call: DaemonCall): void => {
    if (child.connected) child.send(call, () => undefined);
  };
  child.on("message", (word: DaemonWord) => {
    switch (word.kind) {
      case "leads":
        leads.add(word.shard);
        return;
      case "lost":
        leads.delete(word.shard);
        return;
      case "still":
        state = "still";
        hasStood = true;
        onStop();
        return;
      case "awake":
        if (word.n === wakes) state = "up";
        return;
      case "complaint":
        if (hasStood && word.code === "outcome-unknown") return;
        onComplaint(`${holder}: ${word.code}: ${word.message}`);
    }
  });
  child.once("exit", (code, signal) => {
    state = "gone";
    leads.clear();
    // Nobody else kills it.
    if (signal === "SIGKILL") onStop();
    else if (!isLeaving) onComplaint(`${holder} ended with ${code ?? signal}`);
    void Promise.resolve(proxy[Symbol.asyncDispose]()).catch((error) => onComplaint(String(error)));
  });

  return {
    holder,
    get leads() {
      return leads.size;
    },
    get isUp() {
      return state === "up";
    },
    get isLeaving() {
      return isLeaving;
    },
    get isStill() {
      return state === "still";
    },
    begin: () =>
      tell({
        kind: "begin",
        url: `nats://127.0.0.1:${proxy.port}`,
        holder,
        id: minted.id,
        creds: minted.creds.reveal(),
        apiRoot: minted.apiRoot.reveal(),
        ingest: secretsOf(world),
        quota,
      }),
    arm: ({ point, wakes }) => {
      if (point === anywhere) {
        child.kill("SIGSTOP");
        state = "still";
        hasStood = true;
        onStop();
        return;
      }
      tell({ kind: "arm", point, wakes });
    },
    disarm: () => tell({ kind: "disarm" }),
    wake: () => {
      if (state !== "still") return;
      tell({ kind: "disarm" });
      tell({ kind: "wake", n: ++wakes });
      // It may have said so a moment before it stands still.
      const awake = eventually(
        () => {
          if (!isGone(child)) child.kill("SIGCONT");
          return state !== "still";
        },
        { what: `the awakening of ${holder}` },
      );
      awake.catch((error) => onComplaint(String(error)));
    },
    redial: () => tell({ kind: "redial" }),
    cut: () => proxy.cut(),
    kill: () => killProgram(child),
    leave: () => {
      isLeaving = true;
      tell({ kind: "stop" });
    },
  };
}
