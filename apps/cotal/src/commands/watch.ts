import type { RosterEntry } from "@cotal/endpoint";
import { systemClock } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import type { Call, Definition } from "../command.ts";
import { lastSeq } from "../reading/last-seq.ts";
import { listen } from "../reading/listen.ts";
import { formatMoment } from "../reading/moment.ts";
import { postLines, shownPost } from "../reading/post.ts";
import { type Reader, withReader } from "../reading/reader.ts";
import { type Line, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";

type Name = "for" | "utc";
type WatchCall = Call<Name, "filter">;

export const definition: Definition<Name, "filter"> = {
  options: ["for", "utc"],
  arguments: ["filter"],
  details: [
    "Shows posts of all channels that your own peer may read, and who comes and goes, until Ctrl-C; with a",
    "filter the posts of these channels alone. With --json it is one document for each. Direct messages are",
    "for their receivers, and not shown.",
  ],
};

export async function run(call: WatchCall): Promise<Outcome> {
  const { host, words, step } = call;
  step("listening");
  return await withReader(host, words.filter, async (reader) => {
    if (reader.channels.length === 0) throw nothingReadable();
    await watch(reader, call);
    return { result: { event: "ended" }, lines: [] };
  });
}

async function watch(reader: Reader, { host, options, words, show }: WatchCall): Promise<void> {
  const { endpoint, channels } = reader;
  const forget = endpoint.on("presence", ({ kind, peer }) => {
    if (words.filter !== undefined) return;
    const { id, name, role, status } = peer;
    const at = systemClock.now();
    show({
      result: { event: "presence", at: new Date(at).toISOString(), change: kind, id, name, role, status },
      lines: [presenceLine(kind, peer, formatMoment(at, options))],
    });
  });
  try {
    show({
      result: { event: "listening", channels },
      lines: [[toned("dim", `listening to ${channels.join(", ")}`)]],
    });
    await listen(reader, {
      past: async () => ({ posts: [], upTo: await lastSeq(reader) }),
      onPost: (post) => {
        const shown = shownPost(post, endpoint);
        show({ result: { event: "message", ...shown }, lines: postLines(shown, options) });
      },
      signal: host.interrupted,
      forMs: options.for,
    });
  } finally {
    forget();
  }
}

function presenceLine(kind: "joined" | "changed" | "left", { name, status }: RosterEntry, at: string): Line {
  const what = { joined: "is here", changed: `is ${status}`, left: "has left" }[kind];
  return [toned("dim", `${at}  `), toned("strong", name), toned("dim", ` ${what}`)];
}

function nothingReadable(): CotalError {
  return new CotalError("not-allowed", "your own peer may read no channel", {
    hint: "cotal acl set <your peer> --allow-subscribe general",
  });
}
