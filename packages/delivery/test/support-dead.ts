import { composeMessage, type Draft, parseCredential, signBurst } from "@cotal/wire";
import type { Burial } from "../src/core/dead-letter.ts";
import type { Member } from "./model/member.ts";
import { space } from "./model/world.ts";

/** What somebody has signed and sent, as it is given up by whom it was sent to. */
export function givenUp(from: Pick<Member, "minted" | "name">, draft: Draft, reason = "no use"): Burial {
  const now = Date.now();
  const { id, creds } = from.minted;
  const sender = { space, id, name: from.name };
  const composed = composeMessage(draft, sender, { now, maxBytes: 1_000_000 });
  const { keys } = parseCredential(creds.reveal());
  const [signature = {}] = signBurst(keys, { signedAt: now, items: [composed] });
  const { subject, bytes, message } = composed;
  return {
    subject,
    reason,
    id: message.id,
    message: {
      headers: Object.entries(signature),
      body: Buffer.from(bytes).toString("base64"),
      storedAt: now,
      seq: 7,
    },
  };
}
