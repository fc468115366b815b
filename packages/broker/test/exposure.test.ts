import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { resolveBrokerConfig } from "../src/config.ts";
import { checkVersion, exposureOf } from "../src/exposure.ts";
import { operator } from "./operator.ts";

const tls = { certFile: "/a.crt", keyFile: "/a.key" };
const open = ["0.0.0.0", "::", "192.168.1.7", "10.0.0.1", "128.0.0.1", "126.255.255.255", "::2", "fd00::1"];
const local = ["127.0.0.1", "127.0.0.2", "127.255.255.254", "::1"];

test("an address of this machine alone is told apart from all others", () => {
  verifies("BROK-50");
  for (const host of local) expect(exposureOf(host), host).toBe("loopback");
  for (const host of [...open, "localhost", "broker.example", ""])
    expect(exposureOf(host), host).toBe("network");
});

test.each(open)("at %s a broker without TLS, or without an operator, is refused", (host) => {
  verifies("BROK-50", "BROK-57");
  const resolve = (protection: object): unknown =>
    resolveBrokerConfig({ folder: "/srv", host, ...protection });
  const refused = (code: string): unknown => expect.objectContaining({ code, hint: expect.any(String) });
  expect(() => resolve({})).toThrow(refused("exposed-without-tls"));
  expect(() => resolve({ operator })).toThrow(refused("exposed-without-tls"));
  expect(() => resolve({ tls })).toThrow(refused("exposed-without-credentials"));
  expect(resolve({ tls, operator })).toMatchObject({ host });
});

test.each(local)("at %s a broker needs neither", (host) => {
  expect(resolveBrokerConfig({ folder: "/srv", host })).toMatchObject({ host });
});

test.each([
  ["127.0.0.1", "2.14.0", "serves"],
  ["127.0.0.1", "2.13.9", "broker-too-old"],
  ["0.0.0.0", "2.14.4", "broker-too-old"],
  ["0.0.0.0", "2.14.5-RC.1", "broker-too-old"],
  ["0.0.0.0", "2.14.5", "serves"],
  ["::", "2.15.0", "serves"],
])("at %s nats-server %s: %s", (host, version, outcome) => {
  verifies("BROK-52");
  if (outcome === "serves") expect(() => checkVersion(host, version)).not.toThrow();
  else expect(() => checkVersion(host, version)).toThrow(expect.objectContaining({ code: outcome }));
});
