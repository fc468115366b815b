import { withSession } from "@cotal/harness";
import { brokerOfFile } from "@cotal/harness/broker-of-file";
import { verifies } from "@cotal/requirements";
import { requestApi } from "@cotal/session";
import { asToken, keySubject, registryKey, streamName } from "@cotal/subjects";
import { expect, test } from "vitest";
import { ensureSpace } from "../src/ensure-space.ts";
import { newId, sendBeat, specOf } from "./support.ts";

const broker = brokerOfFile();

test("a beat is kept beside the record of its peer, for 30 s", async () => {
  verifies("REG-46");
  await withSession(broker().url, async (session) => {
    const [space, id] = [asToken("space", "acme"), newId()];
    await ensureSpace(session, specOf("acme", { mode: "open" }));
    for (const _ of [1, 2]) await sendBeat(session, { space, id });
    const stream = streamName.registry(space, "presence");
    const { state } = await requestApi<{ state: { messages: number } }>(session, `STREAM.INFO.${stream}`);
    expect(state.messages).toBe(1);
    const { message } = await requestApi<{ message: { hdrs: string } }>(session, `STREAM.MSG.GET.${stream}`, {
      last_by_subj: keySubject(space, "presence", registryKey.beat(id)),
    });
    expect(Buffer.from(message.hdrs, "base64").toString()).toContain("Nats-TTL: 30s\r\n");
  });
});
