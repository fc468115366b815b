import { verifies } from "@cotal/requirements";
import { CotalError } from "@cotal/subjects";
import { generateSeed, publicFromSeed } from "@cotal/wire";
import { describe, expect, test } from "vitest";
import { type EndpointOptions, resolveEndpointOptions } from "../src/options.ts";

const minimal: EndpointOptions = {
  space: "main",
  servers: "nats://127.0.0.1:4222",
  auth: { kind: "open" },
  card: { name: "alice" },
};
const codeOf = (options: unknown): Promise<string> =>
  resolveEndpointOptions({ ...minimal, ...(options as object) }).then(
    () => "no failure",
    (error: unknown) => (error instanceof CotalError ? error.code : String(error)),
  );

describe("options", () => {
  test("are filled in, and the card gets the id of the key", async () => {
    verifies("ENDP-12");
    const seed = generateSeed("user");
    const settings = await resolveEndpointOptions({ ...minimal, auth: { kind: "open", seed } });
    const id = publicFromSeed(seed);
    expect(settings.self.card).toEqual({ id, name: "alice", kind: "agent", protocolVersion: "0.3" });
    expect(settings).toMatchObject({ mode: "peer", channels: [], takeover: false, retryFirst: false });
    expect(settings.dial).toMatchObject({ servers: ["nats://127.0.0.1:4222"], inboxPrefix: `_INBOX_${id}` });
  });

  test("of an open space give a fresh id each time", async () => {
    verifies("ENDP-12");
    const ids = await Promise.all([1, 2, 3].map(async () => (await resolveEndpointOptions(minimal)).self.id));
    expect(new Set(ids).size).toBe(3);
  });

  test("that disagree about the id are refused before anything is dialled", async () => {
    verifies("ENDP-3");
    const other = publicFromSeed(generateSeed("user"));
    expect(await codeOf({ card: { name: "alice", id: other } })).toBe("identity-mismatch");
  });

  test("that do not have their form are refused with a code, never mended", async () => {
    verifies("ENDP-3");
    const wrong: readonly (readonly [object, string])[] = [
      [{ space: "a b" }, "bad-token"],
      [{ space: "" }, "bad-token"],
      [{ servers: [] }, "bad-options"],
      [{ mode: "admin" }, "bad-options"],
      [{ channels: ["team..x"] }, "bad-pattern"],
      [{ card: { name: " alice" } }, "bad-options"],
      [{ card: { name: "" } }, "bad-options"],
      [{ card: { name: "a".repeat(129) } }, "bad-options"],
      [{ card: { name: "alice", role: "a.b" } }, "bad-token"],
      [{ card: { name: "alice", kind: "robot" } }, "bad-options"],
      [{ auth: { kind: "open", seed: "SUAA" } }, "bad-seed"],
      [{ auth: { kind: "creds", creds: "nothing" } }, "bad-credential"],
      [{ auth: { kind: "file", path: "/nowhere/at/all" } }, "bad-credential"],
    ];
    for (const [options, code] of wrong) expect([options, await codeOf(options)]).toEqual([options, code]);
  });
});
