import { onAbort } from "@cotal/session";
import { openHolder } from "./ask-holder.ts";
import type { Size } from "./child.ts";
import { type ShownBytes, sendLine } from "./holder-protocol.ts";
import type { Seat } from "./seat.ts";
import type { Terminal } from "./terminal.ts";

/** Ctrl-] */
const leaveKey = "\u001d";
/** Ends what a program may have switched on: colours, the mouse, another screen, a hidden cursor. */
const calm =
  "\u001b[0m\u001b[?1000l\u001b[?1002l\u001b[?1003l\u001b[?1006l\u001b[?2004l\u001b[?1049l\u001b[?25h\r\n";
const clear = "\u001b[2J\u001b[3J\u001b[H";

/** Is the terminal of an agent until the key that leaves it is pressed, or its process ends. */
export async function attachTerminal(
  seat: Seat,
  { input, output }: Terminal,
  signal: AbortSignal,
): Promise<"left" | "ended"> {
  const size = (): Size => ({ columns: output.columns || 80, rows: output.rows || 24 });
  const { socket, documents } = await openHolder(seat, { op: "attach", ...size() });
  let left = false;
  const leave = (): void => {
    left = true;
    socket.destroy();
  };
  const typed = (text: string): void => {
    const at = text.indexOf(leaveKey);
    const before = at === -1 ? text : text.slice(0, at);
    if (before !== "") sendLine(socket, { typed: before });
    if (at !== -1) leave();
  };
  const resized = (): void => sendLine(socket, { size: size() });
  const forget = onAbort(signal, leave);
  input.setRawMode(true);
  input.setEncoding("utf8").on("data", typed).resume();
  output.on("resize", resized).write(clear);
  try {
    for await (const { shown } of documents as AsyncGenerator<ShownBytes>)
      output.write(Buffer.from(shown, "base64"));
  } catch (error) {
    if (!left && !isCutOff(error)) throw error;
  } finally {
    forget();
    output.off("resize", resized).write(calm);
    input.off("data", typed).setRawMode(false);
    input.pause();
  }
  return left ? "left" : "ended";
}

/** As a process leaves its lines when it is killed. */
function isCutOff(error: unknown): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return ["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE"].includes(code);
}
