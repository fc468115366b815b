import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { networkAsked, networkOptions, publicUrl } from "../../src/mesh/network.ts";
import { failureOf } from "../support.ts";

describe("what is asked of the network", () => {
  test("is nothing when nothing is said", () => {
    expect(networkAsked({}, "/here")).toEqual({});
  });

  test("counts paths from the caller's folder", () => {
    expect(networkAsked({ tlsCert: "a.crt", tlsKey: "/b.key", tlsCa: "c/ca.crt" }, "/here")).toEqual({
      tls: { certFile: "/here/a.crt", keyFile: "/b.key", caFile: "/here/c/ca.crt" },
    });
  });

  test.each([{ tlsCert: "a" }, { tlsKey: "a" }, { tlsCa: "a" }])("refuses half of TLS: %j", async (asked) => {
    verifies("CLI-37");
    expect(await failureOf(async () => networkAsked(asked, "/here"))).toMatchObject({ code: "usage" });
  });

  test.each(["localhost", "", "127.0.0.1%lo", "1.2.3", "a b"])(
    "refuses %j as an address to listen on",
    async (text) => {
      expect(await failureOf(async () => networkOptions.host.parse(text))).toMatchObject({ code: "usage" });
    },
  );

  test.each(["a b", "", "http://x", "a..b", "x/y", "user@x"])(
    "refuses %j as the name of a machine",
    async (text) => {
      expect(await failureOf(async () => networkOptions.address.parse(text))).toMatchObject({
        code: "usage",
      });
    },
  );
});

test.each([
  [{}, "tls://127.0.0.1:4333"],
  [{ host: "0.0.0.0" }, "tls://127.0.0.1:4333"],
  [{ host: "10.0.0.7" }, "tls://10.0.0.7:4333"],
  [{ host: "fd00::7" }, "tls://[fd00::7]:4333"],
  [{ host: "0.0.0.0", address: "mesh.example.org" }, "tls://mesh.example.org:4333"],
])("others reach a broker with %j at %s", (network, url) => {
  verifies("CLI-37");
  expect(publicUrl("tls://127.0.0.1:4333", network)).toBe(url);
});
