import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { type BrokerConfigOptions, renderBrokerConfig, resolveBrokerConfig } from "../src/config.ts";
import { describeDurability } from "../src/durability.ts";
import { operator } from "./operator.ts";

const rendered = (options: Partial<BrokerConfigOptions> = {}): string =>
  renderBrokerConfig(resolveBrokerConfig({ folder: "/srv/cotal", ...options }));

describe("the configuration", () => {
  test("of a laptop is this", () => {
    verifies("BROK-12", "BROK-13", "BROK-14", "BROK-15", "BROK-16");
    expect(rendered()).toMatchInlineSnapshot(`
      "server_name: "cotal"
      listen: "127.0.0.1:-1"
      ports_file_dir: "/srv/cotal"
      log_file: "/srv/cotal/nats-server.log"
      logfile_size_limit: 10485760
      logfile_max_num: 5
      max_connections: 5000
      max_subscriptions: 4096
      max_payload: 1048576
      max_pending: 67108864
      max_control_line: 65536
      ping_interval: "30s"
      ping_max: 2
      write_deadline: "10s"
      jetstream {
        store_dir: "/srv/cotal/store"
        max_memory_store: 268435456
        max_file_store: 10737418240
        sync_interval: "100ms"
      }
      "
    `);
  });

  test("names fixed ports, fsync before each confirmation and other limits", () => {
    const options: BrokerConfigOptions = {
      folder: "/srv/cotal",
      name: "main",
      port: 4222,
      monitoring: 8222,
      durability: { kind: "fsync-each" },
      limits: { connections: 7, payloadBytes: 4096 },
    };
    expect(rendered(options)).toMatchInlineSnapshot(`
      "server_name: "main"
      listen: "127.0.0.1:4222"
      http: "127.0.0.1:8222"
      ports_file_dir: "/srv/cotal"
      log_file: "/srv/cotal/nats-server.log"
      logfile_size_limit: 10485760
      logfile_max_num: 5
      max_connections: 7
      max_subscriptions: 4096
      max_payload: 4096
      max_pending: 67108864
      max_control_line: 65536
      ping_interval: "30s"
      ping_max: 2
      write_deadline: "10s"
      jetstream {
        store_dir: "/srv/cotal/store"
        max_memory_store: 268435456
        max_file_store: 10737418240
        sync_interval: "always"
      }
      "
    `);
  });

  test("with TLS names its files, and takes nothing older than TLS 1.2", () => {
    verifies("BROK-50", "BROK-54");
    const open = rendered().split("\n");
    const tls = {
      certFile: "/etc/cotal/broker.crt",
      keyFile: "/etc/cotal/broker.key",
      caFile: "/etc/ca.crt",
    };
    const text = rendered({ tls, monitoring: "free" });
    expect(text.split("\n").filter((line) => !open.includes(line))).toEqual([
      'http: "127.0.0.1:-1"',
      "tls {",
      '  cert_file: "/etc/cotal/broker.crt"',
      '  key_file: "/etc/cotal/broker.key"',
      '  min_version: "1.2"',
      "  timeout: 5",
    ]);
  });

  test("listens on the address that is named, and is watched from this machine alone", () => {
    verifies("BROK-12", "BROK-56");
    const reachable = { tls: { certFile: "/a.crt", keyFile: "/a.key" }, operator, monitoring: 8222 } as const;
    expect(rendered({ host: "::1", port: 4222 })).toContain('listen: "[::1]:4222"\n');
    const text = rendered({ ...reachable, host: "0.0.0.0", port: 4222 });
    expect(text).toContain('listen: "0.0.0.0:4222"\nhttp: "127.0.0.1:8222"\n');
  });

  test("keeps every hostile text inside its string", () => {
    verifies("BROK-11");
    const folder = '/a"b\\c\nlisten: "0.0.0.0:1" }\r\t$HOME #é\u0001\u007f';
    const text = rendered({ folder });
    expect(text.split("\n")).toHaveLength(rendered().split("\n").length);
    expect(text).toContain(
      String.raw`ports_file_dir: "/a\"b\\c\x0alisten: \"0.0.0.0:1\" }\x0d\x09$HOME #é\x01\x7f"`,
    );
  });

  test("reads further settings after its own, from a file of its folder", () => {
    verifies("BROK-17");
    expect(rendered({ include: "site.conf" })).toBe(`${rendered()}include "site.conf"\n`);
  });

  test("is refused with the name of the option that does not fit", () => {
    verifies("BROK-10");
    const bad: [string, Partial<BrokerConfigOptions>][] = [
      ["name", { name: "two words" }],
      ["name", { name: "" }],
      ["port", { port: 0 }],
      ["port", { port: -1 }],
      ["port", { port: 65_536 }],
      ["port", { port: 4222.5 }],
      ["monitoring", { monitoring: Number.NaN }],
      ["host", { host: "broker.example" }],
      ["host", { host: "" }],
      ["host", { host: "127.0.0.1:4222" }],
      ["host", { host: "fe80::1%eth0" }],
      ["host", { host: '127.0.0.1"\nlisten: "0.0.0.0:1' }],
      ["certFile", { tls: { certFile: "broker.crt", keyFile: "/k" } }],
      ["keyFile", { tls: { certFile: "/c", keyFile: "" } }],
      ["keyFile", { tls: { certFile: "/c", keyFile: "/k\0" } }],
      ["caFile", { tls: { certFile: "/c", keyFile: "/k", caFile: "~/ca" } }],
      ["folder", { folder: "relative" }],
      ["folder", { folder: "/nul\0" }],
      ["folder", { folder: "/half\ud800" }],
      ["connections", { limits: { connections: 0 } }],
      ["fileBytes", { limits: { fileBytes: Number.POSITIVE_INFINITY } }],
      ["payloadBytes", { limits: { payloadBytes: 2048, pendingBytes: 1024 } }],
      ["include", { include: "../elsewhere.conf" }],
      ["include", { include: "/etc/passwd" }],
      ["include", { include: 'a" \nlisten: "0.0.0.0:1' }],
      ["intervalMs", { durability: { kind: "group-commit", intervalMs: 0 } }],
    ];
    for (const [option, options] of bad) {
      expect(() => rendered(options), JSON.stringify(options)).toThrow(
        expect.objectContaining({ code: "bad-config", data: { option } }),
      );
    }
  });
});

test("a durability tier is named the same everywhere", () => {
  verifies("BROK-13");
  expect(describeDurability({ kind: "fsync-each" })).toBe("fsync-each");
  expect(describeDurability({ kind: "group-commit", intervalMs: 100 })).toBe("group-commit 100 ms");
  expect(describeDurability({ kind: "replicated", copies: 3 })).toBe("replicated 3");
});
