import { verifies } from "@cotal/requirements";
import { systemClock } from "@cotal/session";
import { asToken } from "@cotal/subjects";
import {
  createSpaceTrust,
  createTrust,
  mint,
  revokeOffline,
  saveCredential,
  saveSpace,
  saveTrust,
} from "@cotal/trust";
import { parseCredential } from "@cotal/wire";
import { describe, expect, test } from "vitest";
import { withLock } from "../../src/home/lock.ts";
import { userFilesOf } from "../../src/home/mesh-files.ts";
import type { Mesh } from "../../src/mesh/mesh.ts";
import { authWith, peerAuth, peerCredential } from "../../src/mesh/peer-auth.ts";
import { failureOf, withFolder } from "../support.ts";

const name = asToken("name", "bob");
const hourMs = 3600 * 1000;

async function meshIn(folder: string, mode: "auth" | "open" = "auth"): Promise<Mesh> {
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
  const files = userFilesOf({ env: { COTAL_HOME: folder }, folder });
  const space = createSpaceTrust(trust, settings, at);
  await saveTrust(files.trust, trust);
  await saveSpace(files.spaceTrust(settings.space), space);
  return { files, settings, trust, space };
}

const minted = (mesh: Mesh, hoursAgo: number, lifeHours = 24): ReturnType<typeof mint> =>
  mint(
    mesh.space,
    { profile: "agent", name, lifeMs: lifeHours * hourMs },
    systemClock.now() - hoursAgo * hourMs,
  );

describe("the credential of a peer", () => {
  test.each([
    [1, false],
    [11, false],
    [13, true],
    [30, true],
    [13, false, 48],
    [2, true, 3],
  ])("that was made %d hours ago is renewed for the same key: %s", async (hoursAgo, isRenewed, life = 24) => {
    verifies("CLI-70", "TRUST-13");
    await withFolder(async (folder) => {
      const mesh = await meshIn(folder);
      const before = minted(mesh, hoursAgo, life);
      await saveCredential(mesh.files.credential(name), before);
      const now = parseCredential(await peerCredential(mesh, name));
      expect(now.id).toBe(before.id);
      expect((now.expiresAt ?? 0) > before.expiresAt).toBe(isRenewed);
      if (isRenewed) expect((now.expiresAt ?? 0) - systemClock.now()).toBeGreaterThan((life - 1) * hourMs);
      // It is on the disk as well, so that the next one finds it.
      expect(parseCredential(await peerCredential(mesh, name)).expiresAt).toBe(now.expiresAt);
    });
  });

  test("is not renewed when it was revoked meanwhile, whatever was known when the agent started", async () => {
    verifies("TRUST-53");
    await withFolder(async (folder) => {
      const mesh = await meshIn(folder);
      const before = minted(mesh, 20);
      await saveCredential(mesh.files.credential(name), before);
      const revoked = revokeOffline({ ...mesh, id: before.id, at: systemClock.now() });
      await saveSpace(mesh.files.spaceTrust(mesh.settings.space), revoked);
      expect(await failureOf(() => peerCredential(mesh, name))).toMatchObject({ code: "auth-refused" });
    });
  });

  test("stays what it is while another command changes the mesh", async () => {
    await withFolder(async (folder) => {
      const mesh = await meshIn(folder);
      const before = minted(mesh, 20);
      await saveCredential(mesh.files.credential(name), before);
      await withLock(mesh.files.folder, async () => {
        expect(await peerCredential(mesh, name)).toBe(before.creds.reveal());
      });
      expect(await peerCredential(mesh, name)).not.toBe(before.creds.reveal());
    });
  });

  test("is asked for anew with every connection", async () => {
    verifies("CLI-70");
    await withFolder(async (folder) => {
      const mesh = await meshIn(folder);
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
      const mesh = await meshIn(folder, "open");
      const before = minted(mesh, 1);
      expect(authWith(mesh, before.creds.reveal())).toEqual({
        kind: "open",
        seed: expect.stringMatching(/^SU/),
      });
    });
  });

  test("that is missing is refused", async () => {
    await withFolder(async (folder) => {
      expect(await failureOf(() => meshIn(folder).then((mesh) => peerCredential(mesh, name)))).toMatchObject({
        code: "no-credential",
      });
    });
  });
});
