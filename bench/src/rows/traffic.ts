import {
  asChannel,
  asOwnerId,
  asToken,
  type Channel,
  formatSubject,
  type OwnerId,
  type Token,
} from "@cotal/subjects";
import { createRandom } from "./random.ts";

/** What one space says: some peers that post in some channels over and over. The same in each run. */
export interface Traffic {
  readonly space: Token;
  readonly ids: readonly OwnerId[];
  readonly channels: readonly Channel[];
  /** Each peer in each channel. */
  readonly subjects: readonly string[];
  /** An id that no other call has answered. */
  newId(): OwnerId;
  /** `count` of the texts, drawn at random. */
  draw<Item>(items: readonly Item[], count: number): Item[];
}

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export function createTraffic(): Traffic {
  const below = createRandom(20_240_229);
  const newId = () => asOwnerId(`UA${Array.from({ length: 54 }, () => base32[below(32)]).join("")}`);
  const space = asToken("space", "acme");
  const ids = Array.from({ length: 50 }, newId);
  const channels = [
    "general",
    "random",
    "team.backend",
    "team.backend.incidents",
    "team.frontend.review",
    "ops.alerts",
    "build.ci.main",
    "docs.spec",
  ].map(asChannel);
  return {
    space,
    ids,
    channels,
    subjects: ids.flatMap((sender) =>
      channels.map((channel) => formatSubject({ kind: "chat", space, sender, channel })),
    ),
    newId,
    draw: <Item>(items: readonly Item[], count: number) =>
      Array.from({ length: count }, () => items[below(items.length)] as Item),
  };
}

/** The same texts as a socket delivers them: each a new string, read from bytes. */
export function asReceived<Text extends string>(texts: readonly Text[]): Text[] {
  const bytes = Buffer.from(texts.join(""), "latin1");
  let at = 0;
  return texts.map((text) => {
    const start = at;
    at += text.length;
    return bytes.toString("latin1", start, at) as Text;
  });
}
