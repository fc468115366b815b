import { EventEmitter } from "node:events";
import type { CotalError } from "@cotal/subjects";
import type { ChannelEvent } from "./channel-state.ts";
import type { PresenceChange } from "./roster-entry.ts";

export type EndpointState = "connecting" | "live" | "reconnecting" | "stopped";

export interface StateChange {
  readonly state: EndpointState;
  /** Why it is not live. */
  readonly error?: CotalError | undefined;
}

export interface Fault {
  readonly capability: string;
  readonly error: CotalError;
  /** Local time in ms. */
  readonly at: number;
}

/** What was not handed over. */
export interface Gap {
  /** `*`: of any channel; `=direct`: direct messages. */
  readonly channel: string;
  /** The first sequence that may be missing, where it is known; `recall` reads on from there. */
  readonly fromSeq?: number | undefined;
  /** How many, where it is known. */
  readonly count?: number | undefined;
  readonly reason: "slow-reader" | "disconnected" | "suspended" | "retention" | "quota";
}

export interface EventMap {
  readonly state: StateChange;
  readonly fault: Fault;
  readonly channel: ChannelEvent;
  readonly gap: Gap;
  readonly presence: PresenceChange;
}

/** What an endpoint tells. Nothing depends on somebody listening; a listener that throws harms nobody else. */
export interface Events {
  emit<Name extends keyof EventMap>(name: Name, event: EventMap[Name]): void;
  /** Calls back for each later event; the answer stops that. */
  on<Name extends keyof EventMap>(name: Name, listener: (event: EventMap[Name]) => void): () => void;
  readonly listeners: number;
}

export function createEvents(onListenerFailure: (error: unknown) => void): Events {
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  const names: readonly (keyof EventMap)[] = ["state", "fault", "channel", "gap", "presence"];
  return {
    emit: (name, event) => {
      for (const listener of emitter.listeners(keyOf(name))) {
        try {
          listener(event);
        } catch (error) {
          onListenerFailure(error);
        }
      }
    },
    on: (name, listener) => {
      emitter.on(keyOf(name), listener);
      return () => emitter.off(keyOf(name), listener);
    },
    get listeners() {
      return names.reduce((sum, name) => sum + emitter.listenerCount(keyOf(name)), 0);
    },
  };
}

/** The emitter treats a few names specially; ours are none of them. */
function keyOf(name: keyof EventMap): string {
  return `cotal:${name}`;
}
