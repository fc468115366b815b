import { chmod, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { dirname } from "node:path";
import type { ProcessIdentity } from "@cotal/broker";
import { errorFields, type Log } from "@cotal/session";
import { makePrivateFolder } from "../home/private-file.ts";
import { thisRelease } from "../release.ts";
import type { Size } from "./child.ts";
import {
  type AttachedWord,
  documentsIn,
  type HolderAnswer,
  type HolderRequest,
  sendLine,
} from "./holder-protocol.ts";
import type { Screen } from "./screen.ts";

/** The program of an agent, as the commands of this host see it. */
export interface Program {
  readonly screen: Screen;
  /** Says whether there is somebody who takes it. */
  type(text: string): boolean;
  typeLine(text: string): boolean;
  /** Nothing more is typed. A terminal has no end. */
  endInput(): void;
  resize(size: Size): void;
  /** Calls back for all that is shown from now on; the answer stops that. */
  onShown(listener: (bytes: Uint8Array) => void): () => void;
}

export interface ServerOptions {
  readonly path: string;
  readonly identity: ProcessIdentity;
  /** Absent where the agent is none. */
  readonly program?: Program | undefined;
  /** Absent where only the program itself knows what it has in hand. */
  readonly onDrain?: (() => void) | undefined;
  readonly log: Log;
}

/** Who does not read what is shown is let go at this many bytes. */
const mostUnread = 8 * 1024 * 1024;

/** Answers to commands of this host. Only this user may connect. */
export async function serveHolder(options: ServerOptions): Promise<AsyncDisposable> {
  const { path, log } = options;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
    void answerAll(socket, options).catch((error: unknown) => {
      log({ level: "warn", event: "seat.refused", fields: errorFields(error) });
      socket.destroy();
    });
  });
  await makePrivateFolder(dirname(path));
  // Whoever left it behind is dead: one holder at a time is noted down.
  await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
  return {
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroySoon();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answerAll(socket: Socket, options: ServerOptions): Promise<void> {
  const documents = documentsIn(socket);
  const { value, done } = await documents.next();
  if (done === true) return;
  const request = value as HolderRequest;
  const { program } = options;
  if (request.op === "attach" && program !== undefined) {
    await attach({ socket, program, words: documents as AsyncGenerator<AttachedWord> }, request);
  } else {
    sendLine(socket, await answerTo(request, options));
  }
  socket.end();
}

async function answerTo(
  request: HolderRequest,
  { identity, program, onDrain }: ServerOptions,
): Promise<HolderAnswer> {
  if (request.op === "hello") return { ok: true, identity, release: thisRelease() };
  if (request.op === "drain" && onDrain !== undefined) {
    onDrain();
    return { ok: true };
  }
  if (program === undefined)
    return refused("usage", "an agent of its kind has no screen, and takes no input");
  switch (request.op) {
    case "input":
      if (program.typeLine(String(request.text))) return { ok: true };
      return refused("agent-not-running", "its program does not run now");
    case "screen":
      return { ok: true, lines: await program.screen.lines() };
    default:
      return refused("usage", "nothing of this kind is known here");
  }
}

function refused(code: (HolderAnswer & { ok: false })["code"], message: string): HolderAnswer {
  return { ok: false, code, message };
}

interface Attached {
  readonly socket: Socket;
  readonly program: Program;
  readonly words: AsyncGenerator<AttachedWord>;
}

/** First all that stands there, then what changes, in this order and without a gap. */
async function attach({ socket, program, words }: Attached, size: Size): Promise<void> {
  program.resize(size);
  const early: Uint8Array[] = [];
  let show = (bytes: Uint8Array): void => void early.push(bytes);
  const stop = program.onShown((bytes) => show(bytes));
  try {
    const painting = program.screen.repaint();
    sendLine(socket, { ok: true });
    sendLine(socket, shown(Buffer.from(await painting)));
    show = (bytes) => {
      sendLine(socket, shown(bytes));
      if (socket.writableLength > mostUnread) socket.destroy();
    };
    for (const bytes of early) show(bytes);
    for await (const word of words) {
      if ("typed" in word) program.type(word.typed);
      else program.resize(word.size);
    }
  } finally {
    stop();
  }
}

function shown(bytes: Uint8Array): { readonly shown: string } {
  return { shown: Buffer.from(bytes).toString("base64") };
}
