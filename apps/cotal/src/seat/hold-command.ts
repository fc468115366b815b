import { errorFields, onAbort, sleep, systemClock } from "@cotal/session";
import { peerCredential } from "../mesh/peer-auth.ts";
import { afterEnd } from "./after-end.ts";
import { type Child, type Size, startChild } from "./child.ts";
import { maskOf, readEnvironment, variablesOf } from "./environment.ts";
import { type Program, serveHolder } from "./holder-server.ts";
import type { HeldUntil, Holding } from "./holding.ts";
import { untilGone } from "./note-watch.ts";
import { createOutputLog } from "./output-log.ts";
import { createScreen, firstSize } from "./screen.ts";
import { type Exit, exitText } from "./seat-state.ts";
import type { CommandWork } from "./work.ts";

/** What a program may take to end after TERM. */
const graceMs = 10_000;

/** Runs the program of a seat, again and again as its policy has it, until it is told to end. */
export async function holdCommand(holding: Holding, work: CommandWork): Promise<HeldUntil> {
  const { seat, log, hands, signal } = holding;
  const over = new AbortController();
  const forget = onAbort(signal, () => over.abort());
  const gone = untilGone(holding, over.signal).finally(() => over.abort());
  const renewing = renewCredential(holding, over.signal);
  const shown = createShown(work);
  if (hands?.size !== undefined) shown.program.resize(hands.size);
  try {
    const { socket: path } = seat.holder;
    await using _server = await serveHolder({ path, identity: seat.holder, program: shown.program, log });
    return await runAll({ ...holding, signal: over.signal }, { work, shown });
  } finally {
    over.abort();
    forget();
    await Promise.all([gone, renewing]);
  }
}

interface Running {
  readonly work: CommandWork;
  readonly shown: Shown;
}

async function runAll(holding: Holding, running: Running): Promise<HeldUntil> {
  const { seat, state, log, signal } = holding;
  for (let soon = 0; ; ) {
    const started = systemClock.uptime();
    const exit = await runOnce(holding, running);
    if (signal.aborted) return "told";
    log({ level: exit.code === 0 ? "info" : "warn", event: "seat.ended", fields: { end: exitText(exit) } });
    const ranMs = systemClock.uptime() - started;
    const verdict = afterEnd(seat.restart, { failed: exit.code !== 0, ranMs, soon });
    if (verdict.kind === "over") {
      if (verdict.why === "crash-loop") log({ level: "error", event: "seat.crash-loop" });
      await state.change({ phase: "ended", exit });
      return "over";
    }
    await state.change({ phase: "waiting", exit, restarts: state.now.restarts + 1 });
    await Promise.allSettled([sleep(systemClock, verdict.delayMs, signal)]);
    if (signal.aborted) return "told";
    soon = verdict.soon;
    log({ level: "info", event: "seat.restarted", fields: { restarts: state.now.restarts } });
  }
}

async function runOnce(holding: Holding, { work, shown }: Running): Promise<Exit> {
  const { mesh, seat, state, log, hands, signal } = holding;
  const environment = await readEnvironment(mesh.files, seat);
  const output = createOutputLog(log, maskOf(environment));
  const child = await startChild(work.surface, {
    words: work.words,
    cwd: seat.cwd,
    variables: variablesOf(environment, { mesh, seat }),
    size: shown.size,
    onOutput: (part) => {
      output.add(part);
      shown.show(part.bytes);
      hands?.show(part);
    },
  });
  const forget = onAbort(signal, () => void child.end(graceMs));
  shown.child = child;
  hands?.take(shown.program);
  try {
    const exit = await state.during(child.identity, async () => {
      await state.change({ phase: "running" });
      return await child.exited;
    });
    hands?.ended(exit);
    return exit;
  } finally {
    shown.child = undefined;
    forget();
    output.flush();
  }
}

interface Shown {
  readonly program: Program;
  readonly size: Size;
  /** Who takes what is typed. */
  child: Child | undefined;
  show(bytes: Uint8Array): void;
}

/** One screen for all runs of the program: what the last one said stays there. */
function createShown({ surface }: CommandWork): Shown {
  const screen = createScreen({ onPipes: surface === "pipes" });
  const listeners = new Set<(bytes: Uint8Array) => void>();
  const lineEnd = surface === "terminal" ? "\r" : "\n";
  const shown: Shown & { size: Size } = {
    size: firstSize,
    child: undefined,
    show: (bytes) => {
      screen.feed(bytes);
      for (const listener of listeners) listener(bytes);
    },
    program: {
      screen,
      type: (text) => {
        shown.child?.write(text);
        return shown.child !== undefined;
      },
      typeLine: (text) => shown.program.type(text + lineEnd),
      endInput: () => shown.child?.endInput(),
      resize: (size) => {
        shown.size = size;
        screen.resize(size);
        shown.child?.resize(size);
      },
      onShown: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  };
  return shown;
}

const lookMs = 5 * 60_000;

/** Asked for late in its life a credential is renewed; the program finds the new one in the same file. */
async function renewCredential({ mesh, seat, log }: Holding, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await Promise.allSettled([sleep(systemClock, lookMs, signal)]);
    if (signal.aborted) return;
    await peerCredential(mesh, seat.name).catch((error: unknown) => {
      log({ level: "warn", event: "seat.not-renewed", fields: errorFields(error) });
    });
  }
}
