import { type ArmedFault, createFaultPoints } from "@cotal/harness";
import { brokerError } from "@cotal/session";
import { type Minted, secret } from "@cotal/trust";
import type { Orders } from "./leader.ts";
import type { Beginning, LeaderCall, LeaderQuestion, LeaderWord } from "./leader-calls.ts";
import { createLeading, type Leading } from "./leading.ts";
import { ingestFrom } from "./secrets.ts";

/** A leader in a process of its own, which ends with the one that started it. */
const faults = createFaultPoints();
let armed: ArmedFault | undefined;
let leading: Leading | undefined;

const say = (word: LeaderWord): void => void process.send?.(word);

function begin({ url, id, creds, apiRoot, ingest, quota, epoch }: Beginning): void {
  let epochs = epoch;
  const minted: Minted = { id, jwt: "", expiresAt: 0, creds: secret(creds), apiRoot: secret(apiRoot) };
  leading = createLeading({
    url,
    minted,
    quota,
    faults,
    ingest: ingestFrom(ingest),
    nextEpoch: () => ++epochs,
    onComplaint: (what) => say({ kind: "complaint", what }),
  });
  leading.begin();
}

async function answerTo(question: LeaderQuestion): Promise<unknown> {
  if (!leading) throw new Error("it has not begun");
  if (question.op === "position") return leading.position(question.shard);
  const shard: Orders = await leading.shard(question.shard);
  if (question.op === "ready") return undefined;
  const order = shard[question.op] as (...args: readonly unknown[]) => unknown;
  return await order.apply(shard, [...question.args]);
}

process.on("message", (call: LeaderCall) => {
  switch (call.kind) {
    case "begin":
      begin(call);
      return;
    case "arm":
      armed = faults.arm(call.point, { kind: "kill" });
      return;
    case "disarm":
      armed?.release();
      return;
    case "redial":
      leading?.redial();
      return;
    case "excuse":
      leading?.excuse();
      return;
    case "ask":
      answerTo(call).then(
        (value) => say({ kind: "answer", n: call.n, value }),
        (failure: unknown) => {
          const { code, message } = brokerError(failure);
          say({ kind: "failure", n: call.n, code, message });
        },
      );
  }
});
process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
