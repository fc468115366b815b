import { StringDecoder } from "node:string_decoder";
import type { Log } from "@cotal/session";
import type { Host } from "../host.ts";
import type { Program } from "./holder-server.ts";
import type { Hands } from "./holding.ts";
import { createOutputLog } from "./output-log.ts";
import type { Exit } from "./seat-state.ts";
import type { Terminal } from "./terminal.ts";

/** Hands that let go, and tell how the program has ended. */
export interface HeldHands extends Hands, Disposable {
  readonly exit: Exit | undefined;
}

/** The terminal of the caller is that of the program, every key of it: its Ctrl-C ends it as it ends any other. */
export function onTerminal({ input, output }: Terminal): HeldHands {
  let program: Program | undefined;
  const typed = (text: string): void => void program?.type(text);
  const size = (): NonNullable<Hands["size"]> => ({ columns: output.columns || 80, rows: output.rows || 24 });
  const resized = (): void => program?.resize(size());
  return heldHands({
    size: size(),
    take: (taken) => {
      program = taken;
      input.setRawMode(true);
      input.setEncoding("utf8").on("data", typed).resume();
      output.on("resize", resized);
    },
    show: ({ bytes }) => void output.write(bytes),
    letGo: () => {
      output.off("resize", resized);
      input.off("data", typed).setRawMode(false);
      input.pause();
    },
  });
}

type Streams = Pick<Host, "stdin" | "stdout" | "stderr">;

/** What the program says goes where it would go without this one between. */
export function onPipes(host: Streams): HeldHands {
  return heldHands({
    ...typing(host),
    show: ({ from, bytes }) => void (from === "stderr" ? host.stderr : host.stdout).stream.write(bytes),
  });
}

/** Line by line to somebody who is told of everything; `mask` takes out what no output may show. */
export function onEvents(
  host: Streams,
  { tell, mask }: { readonly tell: Log; readonly mask: (text: string) => string },
): HeldHands {
  const output = createOutputLog(tell, mask);
  const { letGo, ...hands } = typing(host);
  return heldHands({
    ...hands,
    show: output.add,
    letGo: () => {
      output.flush();
      letGo();
    },
  });
}

type Grip = Omit<Hands, "ended"> & { readonly letGo: () => void };

function heldHands({ letGo, ...hands }: Grip): HeldHands {
  let exit: Exit | undefined;
  return {
    ...hands,
    get exit() {
      return exit;
    },
    ended: (how) => {
      exit = how;
    },
    [Symbol.dispose]: letGo,
  };
}

/** What the caller is given on the standard input the program is given too, until its end. */
function typing({ stdin }: Streams): Pick<Grip, "take" | "letGo"> {
  let program: Program | undefined;
  const decoder = new StringDecoder("utf8");
  const typed = (bytes: Buffer): void => void program?.type(decoder.write(bytes));
  const over = (): void => program?.endInput();
  return {
    take: (taken) => {
      program = taken;
      stdin.stream.on("data", typed).once("end", over).resume();
    },
    letGo: () => {
      if (program !== undefined) stdin.stream.off("data", typed).off("end", over).destroy();
    },
  };
}
