import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** How long a program of Node runs, in ms; it must end well. */
export async function runNode(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const from = performance.now();
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`node ${args.join(" ")} ends with ${code}: ${said}`);
  return performance.now() - from;
}

/** A process that waits, and ends when it is told to. */
export async function startIdleNode(): Promise<ChildProcess> {
  const code =
    'process.on("SIGTERM", () => process.exit(0)); setInterval(() => 0, 1e6); process.send("there");';
  const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
  await once(child, "message");
  return child;
}

/** How long it takes until all of them have ended, in ms. */
export async function termMs(children: readonly ChildProcess[]): Promise<number> {
  const from = performance.now();
  await Promise.all(
    children.map(async (child) => {
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
    }),
  );
  return performance.now() - from;
}
