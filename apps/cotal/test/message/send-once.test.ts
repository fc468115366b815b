import { verifies } from "@cotal/requirements";
import { CotalError } from "@cotal/subjects";
import { expect, test } from "vitest";
import { exitCodeOf } from "../../src/exit-code.ts";
import { inSend } from "../../src/message/send-once.ts";

test("a message that had no answer is unknown, with the id to send it again under", () => {
  verifies("CLI-8");
  for (const code of ["outcome-unknown", "connection-lost"] as const) {
    const error = inSend(new CotalError(code, "no answer"), "note-1");
    expect(error).toMatchObject({ code: "outcome-unknown", data: { id: "note-1" } });
    expect((error as CotalError).hint).toContain("--id note-1");
    expect(exitCodeOf((error as CotalError).code)).toBe(7);
  }
  const refused = new CotalError("not-allowed", "no");
  expect(inSend(refused, "note-1")).toBe(refused);
});
