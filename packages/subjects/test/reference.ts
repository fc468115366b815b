import type { StoredSubject, Subject } from "../src/index.ts";

/** Slow second opinions, made of regular expressions and written without a look at the source. */

const token = "[A-Za-z0-9_-]{1,64}";
const owner = "U[A-Z2-7]{55}";
const channel = "(?=.{1,255}$)[A-Za-z0-9_-]+(?:\\.[A-Za-z0-9_-]+){0,31}";
const shard = "0|[1-9]\\d{0,2}|10[01]\\d|102[0-3]";

const storedForms: Record<string, RegExp> = {
  dlv: form(`dlv\\.(?<owner>${owner})\\.(?<channel>${channel}|=direct)`),
  dinbox: form(`dinbox\\.(?<owner>${owner})`),
  ckpt: form(`ckpt\\.(?<shard>${shard})`),
};

const forms: Record<string, RegExp> = {
  chat: form(`chat\\.(?<sender>${owner})\\.(?<channel>${channel})`),
  inst: form(`inst\\.(?<target>${owner})\\.(?<sender>${owner})`),
  svc: form(`svc\\.(?<role>${token})\\.(?<sender>${owner})`),
  ctl: form(`ctl\\.(?<service>${token})\\.(?<sender>${owner})`),
  reply: form(`ctl\\.(?<service>${token})\\.(?<sender>${owner})\\.reply\\.(?<nonce>${token})`),
  digest: form("presence\\.digest"),
  ...storedForms,
};

const ingest = new RegExp(`^in\\.(?<secret>${token})\\.(?<shard>${shard})\\.(?<stored>cotal\\..*)$`, "s");

function form(rest: string): RegExp {
  return new RegExp(`^cotal\\.(?<space>${token})\\.${rest}$`);
}

export function referenceParse(text: string): Subject | null {
  const outer = ingest.exec(text)?.groups;
  if (outer === undefined) return firstFit(forms, text) as Subject | null;
  const stored = firstFit(storedForms, outer.stored ?? "") as StoredSubject | null;
  return stored && ({ kind: "ingest", secret: outer.secret, shard: Number(outer.shard), stored } as Subject);
}

function firstFit(candidates: Record<string, RegExp>, text: string): object | null {
  for (const [kind, shape] of Object.entries(candidates)) {
    const groups = shape.exec(text)?.groups;
    if (groups === undefined) continue;
    const parts = { kind, ...groups };
    return "shard" in groups ? { ...parts, shard: Number(groups.shard) } : parts;
  }
  return null;
}

/** The wildcard rule as a regular expression. */
export function referenceMatches(pattern: string, subject: string): boolean {
  const tokens = pattern.split(".");
  const pieces = tokens.map((token, at) => {
    if (token === "*") return "[^.]+";
    return token === ">" && at === tokens.length - 1 ? "[^.]+(?:\\.[^.]+)*" : token;
  });
  return new RegExp(`^${pieces.join("\\.")}$`).test(subject);
}
