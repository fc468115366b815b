import {
  type Clock,
  type DialOptions,
  type FaultPoints,
  type Log,
  noFaultPoints,
  silentLog,
  systemClock,
} from "@cotal/session";
import {
  asChannelPattern,
  asToken,
  type ChannelPattern,
  CotalError,
  inboxPrefix,
  quoted,
  type Token,
} from "@cotal/subjects";
import { AgentCard, type Attention, protocolVersion } from "@cotal/wire";
import type { Mode, Self } from "./core.ts";
import { type Auth, type Identity, identityOf } from "./identity.ts";

/** How a program describes itself; what is left out is filled in. */
export interface CardDraft extends Partial<Omit<AgentCard, "name">> {
  readonly name: string;
}

export interface EndpointOptions {
  readonly space: string;
  /** Addresses of the broker, `nats://127.0.0.1:4222`. */
  readonly servers: string | readonly string[];
  readonly auth: Auth;
  readonly card: CardDraft;
  /** Joined from the start, and again after each loss of the connection. */
  readonly channels?: readonly string[];
  /** `peer` unless given. */
  readonly mode?: Mode;
  /** Be this id even though another program seems to be it. */
  readonly takeover?: boolean;
  /** Go on trying when the first dial fails. */
  readonly retryFirst?: boolean;
  readonly attention?: Attention;
  readonly tls?: DialOptions["tls"];
  /** Carries the bytes in place of a socket. */
  readonly transport?: DialOptions["transport"];
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly faults?: FaultPoints;
}

/** The options, checked and whole. */
export interface EndpointSettings {
  readonly space: Token;
  readonly identity: Identity;
  readonly self: Self;
  readonly mode: Mode;
  readonly channels: readonly ChannelPattern[];
  readonly takeover: boolean;
  readonly retryFirst: boolean;
  readonly attention: Attention;
  readonly dial: DialOptions;
  readonly clock: Clock;
  readonly log: Log;
  readonly faults: FaultPoints;
}

const modes: readonly Mode[] = ["peer", "observer", "sender", "beside"];

/** Everything that can be known to be wrong is refused here, before anything is dialled. */
export async function resolveEndpointOptions(options: EndpointOptions): Promise<EndpointSettings> {
  const { mode = "peer", clock = systemClock, log = silentLog, faults = noFaultPoints } = options;
  const space = asToken("space", options.space);
  if (!modes.includes(mode))
    throw refusal(`${quoted(String(mode))} is not a mode`, `use ${modes.join(", ")}`);
  const servers = typeof options.servers === "string" ? [options.servers] : options.servers;
  if (servers.length === 0) throw refusal("there is no address of a broker", "give at least one server");
  const channels = (options.channels ?? []).map(asChannelPattern);
  const identity = await identityOf(options.auth);
  const self = selfOf(options.card, identity);
  return {
    space,
    identity,
    self,
    mode,
    channels,
    takeover: options.takeover ?? false,
    retryFirst: options.retryFirst ?? false,
    attention: options.attention ?? "open",
    dial: {
      servers,
      name: `cotal ${mode} ${self.name}`,
      inboxPrefix: inboxPrefix(identity.id),
      ...(options.tls !== undefined && { tls: options.tls }),
      ...(options.transport !== undefined && { transport: options.transport }),
    },
    clock,
    log,
    faults,
  };
}

function selfOf(draft: CardDraft, { id }: Identity): Self {
  if (draft.id !== undefined && draft.id !== id) {
    throw new CotalError("identity-mismatch", "the card names another id than the credential", {
      hint: "leave the id of the card out: it is that of the credential",
      data: { card: draft.id, id },
    });
  }
  const role = draft.role === undefined ? undefined : asToken("role", draft.role);
  const given = { kind: "agent", protocolVersion, ...draft, id };
  const card = AgentCard.safeParse(
    Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  );
  if (card.success) return { id, name: draft.name, role, card: card.data };
  const field = card.error.issues[0]?.path.join(".") ?? "";
  throw refusal(
    `the field ${quoted(field)} of the card does not have its form`,
    "see AgentCard in the docs of the wire",
  );
}

function refusal(why: string, hint: string): CotalError {
  return new CotalError("bad-options", `an endpoint cannot be made of this: ${why}`, { hint });
}
