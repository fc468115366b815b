import { StringDecoder } from "node:string_decoder";
import { stripVTControlCharacters } from "node:util";
import type { Log } from "@cotal/session";
import type { Output } from "./child.ts";

/** Puts what programs say into a log, line by line. */
export interface OutputLog {
  add(output: Output): void;
  /** What is left without the end of its line. */
  flush(): void;
}

/** A line that grows longer is cut into pieces. */
const mostCharacters = 8 * 1024;

/** `mask` takes out what no log may show. */
export function createOutputLog(log: Log, mask: (text: string) => string): OutputLog {
  const streams = new Map<Output["from"], { readonly decoder: StringDecoder; rest: string }>();
  const say = (from: Output["from"], line: string): void => {
    const text = mask(stripVTControlCharacters(line).replace(/\r+$/, ""));
    if (text.trim() !== "") log({ level: "info", event: "seat.output", fields: { from, text } });
  };
  return {
    add: ({ from, bytes }) => {
      const stream = streams.get(from) ?? { decoder: new StringDecoder("utf8"), rest: "" };
      streams.set(from, stream);
      const lines = (stream.rest + stream.decoder.write(Buffer.from(bytes))).split("\n");
      stream.rest = lines.pop() ?? "";
      for (const line of lines) say(from, line);
      while (stream.rest.length > mostCharacters) {
        say(from, stream.rest.slice(0, mostCharacters));
        stream.rest = stream.rest.slice(mostCharacters);
      }
    },
    flush: () => {
      for (const [from, stream] of streams) {
        say(from, stream.rest + stream.decoder.end());
        stream.rest = "";
      }
    },
  };
}
