import { verifies } from "@cotal/requirements";
import { createFakeClock } from "@cotal/session/testing";
import { asToken, CotalError } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { channelsRegistry } from "../src/channels.ts";
import { known } from "../src/lookup.ts";
import { createRegistryView } from "../src/registry-view.ts";
import { failureOf } from "./support.ts";

describe("a view that has not been loaded", () => {
  const clock = createFakeClock();
  const view = createRegistryView(channelsRegistry, { space: asToken("space", "acme"), clock });

  test("says of nothing that it is absent", () => {
    verifies("REG-7");
    expect(view.state).toEqual({ kind: "loading" });
    const lookup = view.get("team.a");
    expect(lookup).toMatchObject({ kind: "unreachable", key: "team.a", error: { code: "unreachable" } });
    expect(() => known(lookup)).toThrow("cannot be told now");
    expect(() => view.entries()).toThrow(CotalError);
  });

  test("lets wait for it as long as was said, and no longer than it is wanted", async () => {
    const late = failureOf(view.caughtUp({ timeoutMs: 1_000 }));
    await clock.advance(1_000);
    expect((await late).code).toBe("unreachable");
    const stop = new AbortController();
    const given = view.moved(0, { signal: stop.signal }).catch((error: unknown) => error);
    stop.abort("enough");
    expect(await given).toBe("enough");
    expect(clock.pending).toBe(0);
  });
});
