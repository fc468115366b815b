import { verifies } from "@cotal/requirements";
import { systemClock } from "@cotal/session";
import { asToken } from "@cotal/subjects";
import { createSpaceTrust, createTrust, mint, saveCredential } from "@cotal/trust";
import { parseCredential } from "@cotal/wire";
import { describe, expect, test } from "vitest";
import { meshFilesOf } from "../../src/home/mesh-files.ts";
import type { Mesh } from "../../src/mesh/mesh.ts";
import { authWith, peerAuth, peerCredential } from "../../src/mesh/peer-auth.ts";
import { failureOf, withFolder } from "../support.ts";

const name = asToken("name", "bob");
const hourMs = 3600 * 1000;

function meshIn(folder: string, mode: "auth" | "open" = "auth"): Mesh {
  const at = systemClock.now() - 48 * hourMs;
  const trust = createTrust({ name: "test", at });
  const settings = {
    space: asToken("space", "main"),
    mode,
    shards: 1,
    storageBytes: 1,
    sync: "group",
    peer: name,
  } as const;
  const files = meshFilesOf({ env: { COTAL_HOME: folder }, folder });
  return { files, settings, trust, space: createSpaceTrust(trust, settings, at) };
}

const minted = (mesh: Mesh, hoursAgo: number): ReturnType<typeof mint> =>
  mint(mesh.space, { profile: "agent", name, lifeMs: 24 * hourMs }, systemClock.now() - hoursAgo * hourMs);

describe("the credential of a peer", () => {
  test.each([
    [1, false],
    [11, false],
    [13, true],
    [30, true],
  ])("that was made %d hours ago is renewed for the same key: %s", async (hoursAgo, isRenewed) => {
    verifies("CLI-70");
    await withFolder(async (folder) => {
      const mesh = meshIn(folder);
      const before = minted(mesh, hoursAgo);
      await saveCredential(mesh.files.credential(name), before);
      const now = parseCredential(await peerCredential(mesh, name));
      expect(now.id).toBe(before.id);
      expect((now.expiresAt ?? 0) > before.expiresAt).toBe(isRenewed);
      if (isRenewed) expect((now.expiresAt ?? 0) - systemClock.now()).toBeGreaterThan(23 * hourMs);
      // It is on the disk as well, so that the next one finds it.
      expect(parseCredential(await peerCredential(mesh, name)).expiresAt).toBe(now.expiresAt);
    });
  });

  test("is asked for anew with every connection", async () => {
    verifies("CLI-70");
    await withFolder(async (folder) => {
      const mesh = meshIn(folder);
      await saveCredential(mesh.files.credential(name), minted(mesh, 1));
      const auth = await peerAuth(mesh, name);
      const creds = auth.kind === "creds" && typeof auth.creds === "function" ? auth.creds : undefined;
      const first = await creds?.();
      await saveCredential(mesh.files.credential(name), minted(mesh, 2));
      expect(await creds?.()).not.toBe(first);
    });
  });

  test("is only a key in an open mesh", async () => {
    await withFolder(async (folder) => {
      const mesh = meshIn(folder, "open");
      const before = minted(mesh, 1);
      expect(authWith(mesh, before.creds.reveal())).toEqual({
        kind: "open",
        seed: expect.stringMatching(/^SU/),
      });
    });
  });

  test("that is missing is refused", async () => {
    await withFolder(async (folder) => {
      expect(await failureOf(() => peerCredential(meshIn(folder), name))).toMatchObject({
        code: "no-credential",
      });
    });
  });
});
