import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Document, type TestUser, testUser } from "./cotal.ts";

let user: TestUser;
let guest: TestUser;
beforeAll(async () => {
  [user, guest] = [await testUser(), await testUser()];
  await user.run(["up", "--detach", "--as", "alice"]);
});
afterAll(async () => {
  await user[Symbol.asyncDispose]();
  await guest[Symbol.asyncDispose]();
});

const link = async (...args: string[]): Promise<Document> =>
  (await user.run(["link", ...args, "--json"])).json();

test("a link carries no secret, and somebody else does not come in by it alone", async () => {
  verifies("CLI-140", "CLI-33", "CLI-55");
  const { result } = await link("--channel", "general");
  expect(result).toMatchObject({ secret: false, space: "main", channels: ["general"] });
  expect(result.link).toMatch(/^cotal:\/\/127\.0\.0\.1:\d+\/main\?channel=general$/);
  const refused = (await guest.run(["join", result.link])).json();
  expect(refused).toMatchObject({ exitCode: 4, error: { code: "no-credential" } });
});

test("a link with a credential is a peer: of the rights and for the time that were said, until it is revoked", async () => {
  verifies("CLI-74", "CLI-55");
  const { result } = await link("--with-credential", "--channel", "lab", "--ttl", "10m");
  expect(result.secret).toBe(true);
  const life = Date.parse(result.peer.expiresAt) - Date.now();
  expect([life > 8 * 60_000, life <= 10 * 60_000]).toEqual([true, true]);
  const joined = await guest.run(["join", result.link]);
  expect(joined.code).toBe(0);
  expect(JSON.parse(joined.stdout.split("\n")[0] ?? "").result).toMatchObject({
    event: "present",
    id: result.peer.id,
    channels: ["lab"],
  });
  const { read, post } = (await user.run(["acl", "explain", result.peer.name, "lab", "--json"])).json()
    .result;
  expect([read.allowed, post.allowed]).toEqual([true, true]);
  expect((await user.run(["revoke", result.peer.name, "--yes"])).code).toBe(0);
  expect((await guest.run(["join", result.link])).code).toBe(4);
});

test("whoever makes such a link is told what it is", async () => {
  verifies("CLI-74");
  const { stdout } = await user.run(["link", "--with-credential"]);
  expect(stdout).toMatch(
    /^cotal:\/\/creds\.\S+\nsecret {2}whoever holds this link is the peer guest-[\w-]+, for 1 h\n/,
  );
  expect(stdout).toContain("cotal revoke guest-");
  expect(await link("--ttl", "1h")).toMatchObject({ exitCode: 2, error: { code: "usage" } });
});
