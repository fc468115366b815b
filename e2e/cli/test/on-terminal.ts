import { type IPty, spawn } from "@lydell/node-pty";
import { program, type TestUser } from "./cotal.ts";

/** A call of the command on a terminal of its own. */
export interface Terminal {
  readonly pty: IPty;
  readonly screen: () => string;
  readonly ended: Promise<number>;
}

export function onTerminal(
  user: TestUser,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  columns = 120,
): Terminal {
  const pty = spawn(process.execPath, [...program, ...args], {
    cols: columns,
    rows: 40,
    cwd: user.folder,
    env: { ...user.env, TERM: "xterm", ...env },
  });
  let text = "";
  pty.onData((part) => {
    text += part;
  });
  const ended = new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)));
  return { pty, screen: () => text, ended };
}
