import type { Endpoint, StateChange } from "@cotal/endpoint";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { failureOf, liveNames } from "./facts.ts";
import { startLeader } from "./leader.ts";
import { runProgram } from "./run-program.ts";
import { startClosedSpace } from "./space.ts";

function expectAllToSee(peers: readonly Endpoint[], names: readonly string[]): void {
  for (const peer of peers) expect(liveNames(peer)).toEqual([...names].sort());
}

const patient = { timeoutMs: 90_000 };

describe.concurrent("the rosters of twenty peers", () => {
  test("agree on who comes, who leaves, who was killed, and on all of them after the broker was", async ({
    annotate,
  }) => {
    verifies("ENDP-62", "ENDP-64", "ENDP-66", "ENDP-67", "DLV-87", "REG-27");
    await using space = await startClosedSpace();
    await using leader = await startLeader(space);
    expect(leader).toBeDefined();
    const peers: Endpoint[] = [];
    for (let at = 0; at < 19; at++) peers.push(await space.peer(`p${at}`));
    const names = peers.map(({ ref }) => ref.name);
    const options = await space.provision("victim");
    await using victim = runProgram({ options, hang: false });
    // Others may see it before it has come to the end of its own connecting, which nobody is to disturb.
    await eventually(() => expect(victim.told).toMatchObject([{ kind: "live" }]), patient);
    await eventually(() => expectAllToSee(peers, [...names, "victim"]), patient);

    const [leaver, ...staying] = peers;
    const remaining = staying.map(({ ref }) => ref.name);
    const before = performance.now();
    await leaver?.stop();
    await eventually(() => expectAllToSee(staying, [...remaining, "victim"]), patient);
    await annotate(`a clean stop was seen everywhere after ${Math.round(performance.now() - before)} ms`);

    const left: string[] = [];
    for (const peer of staying)
      peer.on("presence", ({ kind, peer: { name } }) => kind === "left" && left.push(name));
    await space.broker.kill();
    await space.broker.restart();
    await eventually(() => expect(staying.every(({ state }) => state === "live")).toBe(true), patient);
    await eventually(() => expectAllToSee(staying, [...remaining, "victim"]), patient);
    // Who knows nobody yet hears it from the broker alone: each has written itself again.
    const late = await space.peer("late");
    await eventually(() => expectAllToSee([late], [...remaining, "late", "victim"]), patient);
    expect(left).toEqual([]);

    await victim.kill();
    const killed = performance.now();
    await eventually(() => expectAllToSee([...staying, late], [...remaining, "late"]), patient);
    await annotate(`a killed process was seen offline after ${Math.round(performance.now() - killed)} ms`);
    expect(new Set(left)).toEqual(new Set(["victim"]));
    for (const peer of staying) expect(peer.rosterFreshness()).toEqual({ kind: "current" });
    // What the leaver read registries with is forgotten by now.
    const gone = async (): Promise<void> => {
      const { account_details = [] } = await space.broker.jsz();
      expect(JSON.stringify(account_details)).not.toContain(`w_${leaver?.ref.id}`);
    };
    await eventually(gone, patient);
  });
});

describe.concurrent("a second program with the credential of a peer that is alive", () => {
  test("is refused, and the first goes on", async () => {
    verifies("ENDP-2");
    await using space = await startClosedSpace();
    const options = await space.provision("alice");
    const first = await space.connect(options);
    const refused = await failureOf(space.connect(options));
    expect(refused).toMatchObject({ code: "identity-in-use", hint: expect.stringContaining("takeover") });
    expect(first.state).toBe("live");
    await first.stop();
    await space.connect(options);
  });

  test("takes over when it is told to, and the first stops with the reason", async () => {
    verifies("ENDP-2", "ENDP-9");
    await using space = await startClosedSpace();
    const options = await space.provision("alice");
    const bob = await space.peer("bob");
    const first = await space.connect(options);
    const changes: StateChange[] = [];
    first.on("state", (change) => changes.push(change));
    const second = await space.connect({ ...options, takeover: true });
    await eventually(() => expect(first.state).toBe("stopped"));
    expect(changes.at(-1)).toMatchObject({ state: "stopped", error: { code: "identity-in-use" } });
    expect(await failureOf(first.send({ to: bob.ref.id, text: "x" }))).toMatchObject({ code: "stopped" });
    // Its going is no goodbye of the peer.
    expect(liveNames(bob)).toContain("alice");
    await second.send({ to: bob.ref.id, text: "x" });
    expect(second.state).toBe("live");
  });
});
