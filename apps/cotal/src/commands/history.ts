import { systemClock } from "@cotal/session";
import type { Call, Definition } from "../command.ts";
import { lastSeq } from "../reading/last-seq.ts";
import { listen } from "../reading/listen.ts";
import { momentOf } from "../reading/moment.ts";
import { type Post, postLines, shownPost } from "../reading/post.ts";
import { type Reader, withReader } from "../reading/reader.ts";
import { toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";

type Name = "limit" | "since" | "follow" | "for" | "utc";
type HistoryCall = Call<Name, "channels">;

export const definition: Definition<Name, "channels"> = {
  options: ["limit", "since", "follow", "for", "utc"],
  arguments: ["channels"],
  details: [
    "Reads what your own peer may read, oldest first; nobody sees that you do. Inside an agent it is that agent who",
    "reads. With --follow it goes on until Ctrl-C, and --json is one document for each post.",
  ],
};

export async function run(call: HistoryCall): Promise<Outcome> {
  const { host, options, words, step } = call;
  return await withReader(host, words.channels, async (reader) => {
    step(`reading ${words.channels}`);
    if (options.follow === true) return await follow(reader, call);
    const posts = (await readPast(reader, call)).map((post) => shownPost(post, reader.endpoint));
    const lines = posts.flatMap((post) => postLines(post, options));
    const nothing = [toned("dim", `nothing was said in ${words.channels}, as far as it is kept`)];
    return {
      result: { channel: words.channels, messages: posts },
      lines: posts.length === 0 ? [nothing] : lines,
    };
  });
}

const defaultLimit = 20;

async function readPast({ endpoint }: Reader, { options, words, host }: HistoryCall): Promise<Post[]> {
  const { limit = defaultLimit, since } = options;
  const found = await endpoint.history(words.channels, {
    limit,
    since: since && momentOf(since, systemClock.now()),
    signal: host.interrupted,
  });
  return found.map(({ storedAt, ...post }) => ({ ...post, at: storedAt, historical: true }));
}

async function follow(reader: Reader, call: HistoryCall): Promise<Outcome> {
  const { host, options, show } = call;
  await listen(reader, {
    past: async () => {
      const posts = await readPast(reader, call);
      return { posts, upTo: await lastSeq(reader) };
    },
    onPost: (post) => {
      const shown = shownPost(post, reader.endpoint);
      show({ result: { event: "message", ...shown }, lines: postLines(shown, options) });
    },
    signal: host.interrupted,
    forMs: options.for,
  });
  return { result: { event: "ended" }, lines: [] };
}
