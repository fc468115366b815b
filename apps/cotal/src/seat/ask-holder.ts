import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { systemClock, withDeadline } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import { documentsIn, type HolderAnswer, type HolderRequest, sendLine } from "./holder-protocol.ts";
import { isHeld, type Seat } from "./seat.ts";

export interface HolderLine {
  readonly socket: Socket;
  readonly answer: HolderAnswer & { readonly ok: true };
  /** What comes after the answer. */
  readonly documents: AsyncGenerator<unknown>;
}

const answerMs = 10_000;

/** Asks the process of an agent, and gives its answer. */
export async function askHolder(seat: Seat, request: HolderRequest): Promise<HolderLine["answer"]> {
  const { socket, answer } = await openHolder(seat, request);
  socket.destroy();
  return answer;
}

/** The same, with the line left open. */
export async function openHolder(seat: Seat, request: HolderRequest): Promise<HolderLine> {
  const { name, holder } = seat;
  if (holder === undefined || !isHeld(seat)) throw notRunning(name, `${name} does not run`);
  const socket = createConnection(holder.socket);
  try {
    const line = ask(socket, request);
    const late = (): Promise<never> => Promise.reject(notRunning(name, `${name} does not answer`));
    const { answer, documents } = await withDeadline(systemClock, line, {
      timeoutMs: answerMs,
      onLate: late,
    });
    if (!answer.ok)
      throw new CotalError(answer.code, `${name}: ${answer.message}`, {
        hint: `cotal logs ${name} -f shows what it does`,
        data: { name },
      });
    return { socket, answer, documents };
  } catch (error) {
    socket.destroy();
    throw asAbsent(error, name);
  }
}

async function ask(
  socket: Socket,
  request: HolderRequest,
): Promise<Omit<HolderLine, "socket" | "answer"> & { answer: HolderAnswer }> {
  await once(socket, "connect");
  sendLine(socket, request);
  const documents = documentsIn(socket);
  const { value, done } = await documents.next();
  if (done === true) throw new CotalError("connection-lost", "the process of an agent ended the line");
  return { answer: value as HolderAnswer, documents };
}

/** Its process lives, and nobody listens at its socket: it has not begun yet, or it is ending. */
function asAbsent(error: unknown, name: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const isAbsent = code === "ENOENT" || code === "ECONNREFUSED" || code === "ECONNRESET" || code === "EPIPE";
  return isAbsent ? notRunning(name, `${name} cannot be reached`, error) : error;
}

function notRunning(name: string, what: string, cause?: unknown): CotalError {
  return new CotalError("agent-not-running", what, {
    hint: `cotal ps shows how it is; cotal restart ${name} starts it`,
    data: { name },
    cause,
  });
}
