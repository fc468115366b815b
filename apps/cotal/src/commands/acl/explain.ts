import { type Channel, type ChannelPattern, subjectMatches } from "@cotal/subjects";
import type { Call, Definition } from "../../command.ts";
import { openRunningMesh } from "../../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../../mesh/seat-identity.ts";
import { facts, type Span, toned } from "../../report/line.ts";
import type { Outcome } from "../../report/reporter.ts";
import { type PeerWithRights, peerWithRights } from "../../rights/peer-rights.ts";
import { requireAuth } from "../../rights/revoke-peer.ts";

export const definition: Definition<never, "peer" | "concrete"> = {
  options: [],
  arguments: ["peer", "concrete"],
  details: [
    "Names the rule by which the peer may read the channel and post to it, or says that there is none.",
  ],
};

/** Whether something is allowed, and by which rule. */
interface Verdict {
  readonly allowed: boolean;
  readonly rule: ChannelPattern | undefined;
  readonly why: string;
}

export async function run({ host, words, step }: Call<never, "peer" | "concrete">): Promise<Outcome> {
  requireOutsideSeat(host);
  const mesh = await openRunningMesh(host);
  requireAuth(mesh);
  const { peer: target, concrete: channel } = words;
  step(`looking at ${target}`);
  const peer = await peerWithRights(mesh, target, host.interrupted);
  const read = explain(peer, "allowSubscribe", channel);
  const post = explain(peer, "allowPublish", channel);
  return {
    result: { id: peer.id, name: peer.name, channel, read, post },
    lines: facts([
      ["read", toneOf(read), `  ${read.why}`],
      ["post", toneOf(post), `  ${post.why}`],
    ]),
  };
}

function explain(
  { name, acl }: PeerWithRights,
  side: "allowSubscribe" | "allowPublish",
  channel: Channel,
): Verdict {
  const rule = acl[side].find((pattern) => subjectMatches(pattern, channel));
  if (rule !== undefined) return { allowed: true, rule, why: `by the rule ${rule}` };
  if (acl.retired === true) return { allowed: false, rule, why: `${name} was retired` };
  const rules = acl[side].length === 0 ? "it has no rule" : `none of its rules fits: ${acl[side].join(", ")}`;
  return { allowed: false, rule, why: rules };
}

function toneOf({ allowed }: Verdict): Span {
  return allowed ? toned("good", "yes") : toned("bad", "no ");
}
