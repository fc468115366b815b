import { asChannel, asChannelPattern } from "./channel.ts";
import { shardToken } from "./shard.ts";
import { directLane, type Subject, type SubjectPattern } from "./subject.ts";
import { asOwnerId, asToken, type TokenUse } from "./token.ts";

/** How each kind of part is checked on its way into a subject. */
interface PartRules {
  token(use: TokenUse, text: string): string;
  owner(text: string): string;
  channel(text: string): string;
  shard(value: number | "*"): string;
}

const concrete: PartRules = {
  token: asToken,
  owner: asOwnerId,
  channel: asChannel,
  shard: (value) => shardToken(value as number),
};

const open: PartRules = {
  token: (use, text) => (text === "*" && use !== "space" ? "*" : asToken(use, text)),
  owner: (text) => (text === "*" ? "*" : asOwnerId(text)),
  channel: asChannelPattern,
  shard: (value) => (value === "*" ? "*" : shardToken(value)),
};

/** The subject to publish on. Every part is checked; a part that does not fit is refused. */
export function formatSubject(subject: Subject): string {
  return join(subject, concrete);
}

/** The subject to subscribe to or to grant. */
export function formatPattern(pattern: SubjectPattern): string {
  return join(pattern, open);
}

function join(subject: SubjectPattern, rules: PartRules): string {
  if (subject.kind === "ingest") {
    const secret = rules.token("secret", subject.secret);
    return `in.${secret}.${rules.shard(subject.shard)}.${join(subject.stored, rules)}`;
  }
  const root = `cotal.${rules.token("space", subject.space)}`;
  switch (subject.kind) {
    case "chat":
      return `${root}.chat.${rules.owner(subject.sender)}.${rules.channel(subject.channel)}`;
    case "inst":
      return `${root}.inst.${rules.owner(subject.target)}.${rules.owner(subject.sender)}`;
    case "svc":
      return `${root}.svc.${rules.token("role", subject.role)}.${rules.owner(subject.sender)}`;
    case "ctl":
      return `${root}.ctl.${rules.token("service", subject.service)}.${rules.owner(subject.sender)}`;
    case "reply":
      return `${root}.ctl.${rules.token("service", subject.service)}.${rules.owner(subject.sender)}.reply.${rules.token("nonce", subject.nonce)}`;
    case "digest":
      return `${root}.presence.digest`;
    case "dlv":
      return `${root}.dlv.${rules.owner(subject.owner)}.${channelOrLane(subject.channel, rules)}`;
    case "dinbox":
      return `${root}.dinbox.${rules.owner(subject.owner)}`;
    case "ckpt":
      return `${root}.ckpt.${rules.shard(subject.shard)}`;
  }
}

function channelOrLane(channel: string, rules: PartRules): string {
  return channel === directLane ? channel : rules.channel(channel);
}
