import { brokerError, type Session, type Stored, store } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import {
  bodyLimit,
  type ComposedMessage,
  composeMessage,
  type Draft,
  freshId,
  type Sender,
} from "@cotal/wire";
import type { Core } from "./core.ts";
import type { LinkWait } from "./link-wait.ts";
import type { Names } from "./names.ts";

/**
 * What is sent, to exactly one of a channel, a peer and a role. Sent again under the same id within two minutes it
 * is stored once; an id is random unless given.
 */
export interface SendOptions extends Omit<Draft, "toService"> {
  /** The id or the name of a peer. */
  readonly to?: string | undefined;
  readonly role?: string | undefined;
  /** How long the broker may take to say that it is stored; 5 s unless given. */
  readonly timeoutMs?: number | undefined;
  /** While there is no connection, wait this long for one, and try again what had no answer. */
  readonly waitForLinkMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The broker has stored it. Whether anybody has seen it, it does not say. */
export interface Receipt {
  readonly id: string;
  /** Its place in the stream. */
  readonly seq: number;
  /** It had been stored before, under the id that was given. */
  readonly duplicate: boolean;
  /** The names mentioned, as they resolve here; the delivery engine decides by what it sees. */
  readonly mentions?: MentionsReceipt | undefined;
}

export interface MentionsReceipt {
  readonly resolved: readonly { readonly name: string; readonly id: string }[];
  readonly unknown: readonly string[];
  readonly ambiguous: readonly string[];
}

export interface Sending {
  send(options: SendOptions): Promise<Receipt>;
}

interface Given {
  /** That of the options, or a random one. */
  readonly id: string;
  readonly options: SendOptions;
}

export function createSending(
  core: Core,
  { names, linkWait }: { names: Names; linkWait: LinkWait },
): Sending {
  const { space, self, clock } = core;
  const sender: Sender = { space, id: self.id, name: self.name, role: self.role };

  const send = async (options: SendOptions): Promise<Receipt> => {
    const { waitForLinkMs = 0, signal } = options;
    signal?.throwIfAborted();
    const until = clock.uptime() + waitForLinkMs;
    const id = options.id ?? freshId();
    const given = { id, options };
    for (let attempt = 1; ; attempt++) {
      try {
        const session = await linkWait.session(until - clock.uptime(), signal);
        const { message, seq, duplicate } = await publish(session, given);
        if (duplicate && attempt === 1 && options.id === undefined) throw collision(id);
        return { id, seq, duplicate, ...mentioned(names, message.mentions) };
      } catch (error) {
        if (!(mayRepeat(error) && clock.uptime() < until)) throw error;
      }
    }
  };

  const publish = async (
    session: Session,
    given: Given,
  ): Promise<Stored & Pick<ComposedMessage, "message">> => {
    const { subject, bytes, message, headers: fields } = composeFor(session, given);
    const { timeoutMs } = given.options;
    const headers = core.signer ? { ...fields, ...(await core.signer.sign({ subject, bytes })) } : fields;
    try {
      const { stream, seq, duplicate } = await store(session, { subject, data: bytes, headers, timeoutMs });
      return { message, stream, seq, duplicate };
    } catch (failure) {
      throw sendError(brokerError(failure), message.id);
    }
  };

  const composeFor = ({ connection }: Session, { id, options }: Given): ComposedMessage => {
    const { channel, to, role, text, parts, mentions, replyTo, contextId, expiresAt, hops } = options;
    const target = to === undefined ? undefined : names.idOf(to);
    const { max_payload: maxPayload = 0 } = connection.info ?? {};
    return composeMessage(
      {
        channel,
        to: target,
        toService: role,
        id,
        text,
        parts,
        mentions,
        replyTo,
        contextId,
        expiresAt,
        hops,
      },
      sender,
      { now: clock.now(), maxBytes: bodyLimit(maxPayload) },
    );
  };

  return { send };
}

/** Without an answer it may be stored; stored again under its id it is still one message. */
function mayRepeat(error: unknown): boolean {
  return error instanceof CotalError && (error.code === "outcome-unknown" || error.code === "reconnecting");
}

function sendError(error: CotalError, id: string): CotalError {
  const { code, data } = error;
  if (code === "outcome-unknown" || code === "connection-lost") {
    return new CotalError("outcome-unknown", "no answer came: the message may or may not be stored", {
      hint: "send it again under the same id within two minutes: it will not be stored twice",
      data: { ...data, id },
      cause: error,
    });
  }
  if (code === "no-responders") {
    return new CotalError("stream-missing", "the space has no stream for this: it is not set up", {
      hint: "check the name of the space, or have it set up",
      data: { ...data, id },
      cause: error,
    });
  }
  return error;
}

function collision(id: string): CotalError {
  return new CotalError(
    "id-collision",
    "somebody has already used this random id: the message is not stored",
    {
      hint: "send it again",
      data: { id },
    },
  );
}

function mentioned(
  names: Names,
  mentions: readonly string[] | undefined,
): { readonly mentions?: MentionsReceipt } {
  if (mentions === undefined) return {};
  const found = mentions.map((name) => ({ name, resolution: names.resolve(name) }));
  const of = (kind: "unknown" | "ambiguous"): string[] =>
    found.filter(({ resolution }) => resolution.kind === kind).map(({ name }) => name);
  return {
    mentions: {
      resolved: found.flatMap(({ name, resolution }) =>
        resolution.kind === "found" ? [{ name, id: resolution.peer.id }] : [],
      ),
      unknown: of("unknown"),
      ambiguous: of("ambiguous"),
    },
  };
}
