import { readPage } from "@cotal/session";
import {
  composeMessage,
  createSignatureVerifier,
  type Draft,
  parseCredential,
  signBurst,
  type Verdict,
  verifyDelivery,
} from "@cotal/wire";
import type { Burial } from "../src/core/dead-letter.ts";
import type { Member } from "./model/member.ts";
import { space } from "./model/world.ts";
import type { Led } from "./support-actor.ts";

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

let attached = 0;

/** What waits for a peer, checked as its endpoint checks it. */
export async function waiting(led: Led, member: Member): Promise<readonly Verdict[]> {
  const { id: owner } = member.minted;
  const place = await led.of(member).attach(owner, { nonce: "n", epoch: ++attached, takeover: true });
  const signatures = createSignatureVerifier({ now: () => Date.now() });
  const { stream, consumer } = place;
  const entries = await readPage(member.session(), { stream, consumer, batch: 100, maxBytes: 4_000_000 });
  return entries.map(({ subject, headers, data: bytes, storedAt }) =>
    verifyDelivery({
      subject,
      headers,
      bytes,
      storedAt,
      route: { kind: "backstop", space, owner },
      policy: { maxBytes: 1_000_000, signatures },
    }),
  );
}
