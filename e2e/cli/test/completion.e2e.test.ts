import { spawnSync } from "node:child_process";
import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { program, testUser } from "./cotal.ts";

test("a line is completed with the names of the mesh as they are now, by bash as well", async () => {
  verifies("CLI-14", "CLI-55");
  await using user = await testUser();
  const env = { COTAL_TIMEOUT: "10m" };
  const complete = async (...typed: string[]): Promise<string> =>
    (await user.run(["complete", "--plain", "--", ...typed], { env })).stdout;
  expect(await complete("send", "-t", "")).toBe("");
  await user.run(["up", "--detach", "--as", "alice"]);
  expect(await complete("send", "-t", "al")).toBe("alice\n");
  expect(await complete("acl", "explain", "ALICE", "gen")).toBe("general\n");
  await user.run(["spawn", "echo1", "--preset", "echo"]);
  expect(await complete("spawn", "ec")).toBe("echo1\n");
  const { stdout: script } = await user.run(["completion", "bash"]);
  const words = program.map((word) => `'${word}'`).join(" ");
  const lines = [
    `cotal() { '${process.execPath}' ${words} "$@"; }`,
    script,
    "COMP_WORDS=(cotal send -t ali); COMP_CWORD=3; _cotal",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell fills it in
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ];
  const options = { env: { ...user.env, ...env }, cwd: user.folder, encoding: "utf8" } as const;
  const ran = spawnSync("bash", ["-c", lines.join("\n")], options);
  expect([ran.stdout, ran.stderr]).toEqual(["alice\n", ""]);
});
