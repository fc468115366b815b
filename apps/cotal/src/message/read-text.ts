import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { CotalError, quoted } from "@cotal/subjects";
import type { Host } from "../host.ts";

/** Where the text of a message is to come from. */
export interface TextSource {
  readonly word: string | undefined;
  readonly file: string | undefined;
}

/** More than any broker takes. */
const maxBytes = 8 * 1024 * 1024;

/** The text, from one place and not from two. What is empty, or no text, is refused. */
export async function readText({ word, file }: TextSource, host: Host): Promise<string> {
  if ((word === undefined) === (file === undefined)) {
    throw usage(word === undefined ? "there is nothing to send" : "there are two texts to send");
  }
  const text = word === undefined || word === "-" ? await readAll(streamOf(file, host), host) : word;
  if (text.trim() === "") throw usage("the text is empty");
  if (text.includes("\u0000")) throw noText();
  return text;
}

function streamOf(file: string | undefined, { folder, stdin }: Host): AsyncIterable<unknown> {
  return file === undefined ? stdin.stream : createReadStream(resolve(folder, file));
}

async function readAll(stream: AsyncIterable<unknown>, { interrupted }: Host): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      interrupted.throwIfAborted();
      const bytes = Buffer.from(chunk as Uint8Array);
      size += bytes.length;
      if (size > maxBytes) throw tooLarge();
      chunks.push(bytes);
    }
  } catch (error) {
    throw error instanceof CotalError ? error : unreadable(error);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks)).replace(/\r?\n$/, "");
  } catch (cause) {
    throw noText(cause);
  }
}

function usage(what: string): CotalError {
  return new CotalError("usage", what, {
    hint: 'give the text as a word, "-" for the standard input, or --file <path>',
  });
}

function unreadable(cause: unknown): CotalError {
  const { path, code } = cause as NodeJS.ErrnoException;
  const what = path === undefined ? "the standard input" : quoted(path);
  return new CotalError("usage", `${what} cannot be read: ${code}`, {
    hint: "check the path, and whether you may open it",
    cause,
  });
}

function noText(cause?: unknown): CotalError {
  return new CotalError("bad-message", "what was given to send is no text", {
    hint: "send text in UTF-8; put a file where the other can fetch it, and send where that is",
    ...(cause !== undefined && { cause }),
  });
}

function tooLarge(): CotalError {
  return new CotalError("too-large", `the text is larger than ${maxBytes} bytes`, {
    hint: "put it where the other can fetch it, and send where that is",
    data: { limit: maxBytes },
  });
}
