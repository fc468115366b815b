import { verifies } from "@cotal/requirements";
import { createSpaceTrust, createTrust, ingestSecret, mint } from "@cotal/trust";
import { expect, test } from "vitest";
import { masked } from "../../src/doctor/masked.ts";

test("a text that is shown to others holds neither keys nor tokens nor the secrets of subjects", () => {
  verifies("CLI-142", "REG-5");
  const trust = createTrust({ name: "test", at: 0 });
  const space = createSpaceTrust(trust, { space: "main", shards: 1, storageBytes: 1e9 }, 0);
  const { creds, jwt } = mint(space, { profile: "agent", name: "bob" }, Date.now());
  const seed = space.keys.tools?.seed.reveal() ?? "";
  const ingest = ingestSecret(space, "KV_cotal_acl_main");
  const secrets = [creds.reveal(), jwt, seed, trust.operator.identity?.seed.reveal() ?? "", ingest];
  const text = `denied in.${ingest}.$KV.x and adm.${ingest}.STREAM to ${secrets.join(" ")}; all else stays in.place`;
  const shown = masked(text);
  for (const secret of secrets.slice(0, 4)) expect(shown).not.toContain(secret);
  expect(shown).not.toContain(`in.${ingest}`);
  expect(shown).not.toContain(`adm.${ingest}`);
  expect(shown).toContain("all else stays in.place");
});
