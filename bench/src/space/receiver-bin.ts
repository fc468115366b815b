import type { Answer, Question, ReceiverCalls } from "./receiver-calls.ts";
import { createReceivers } from "./receivers.ts";

const receivers = createReceivers();

process.on("message", ({ n, call, argument }: Question) => {
  const calls: ReceiverCalls = receivers;
  calls[call](argument).then(
    (result) => answer({ n, kind: "done", result }),
    (error: unknown) =>
      answer({ n, kind: "failed", error: error instanceof Error ? `${error.stack}` : String(error) }),
  );
});
// Nothing else keeps this process running.
process.once("disconnect", () => void receivers.close());

function answer(given: Answer): void {
  process.send?.(given);
}
