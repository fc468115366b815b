import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { createAuthority, eventually, startSpaceBroker, startTestBroker } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { connectAuthenticator, parseCredential } from "@cotal/wire";
import { expect, test } from "vitest";
import type { Credential } from "../src/dial.ts";
import { type ProbeOptions, probeBroker } from "../src/probe.ts";
import { greeting, startFakeBroker } from "./fake-broker.ts";
import { brokerOfFile, codeOf } from "./support.ts";

const open = brokerOfFile();
const patient = { timeoutMs: 30_000 };

const kindOf = async (url: string, options: ProbeOptions = {}): Promise<string> =>
  (await probeBroker(url, { ...patient, ...options })).kind;

test("a broker that takes everybody is ok, and nothing is left open at it", async () => {
  verifies("SESS-106");
  expect(await probeBroker(open().url, patient)).toEqual({ kind: "ok" });
  await eventually(async () => (await open().connz()).connections.length === 0);
});

test("a broker with an operator wants a credential, and takes a valid one", async () => {
  verifies("SESS-106", "BROK-51");
  await using space = await startSpaceBroker();
  const { url } = space.broker;
  const credential: Credential = {
    mark: "alice",
    options: { authenticator: connectAuthenticator(parseCredential(space.mint({}).creds.reveal())) },
  };
  const wrong: Credential = { mark: "nobody", options: { user: "nobody", pass: "x" } };
  expect(await kindOf(url)).toBe("auth-required");
  expect(await kindOf(url, { credential: wrong })).toBe("auth-required");
  expect(await kindOf(url, { credential })).toBe("ok");
});

test("TLS is told apart from its absence, and a certificate that is trusted from one that is not", async () => {
  verifies("SESS-106");
  await using broker = await startTestBroker({ tls: true });
  const { port, ca = "" } = broker;
  expect(await kindOf(broker.url, { tls: { ca } })).toBe("ok");
  expect(await kindOf(`nats://127.0.0.1:${port}`)).toBe("tls-required");
  expect(await kindOf(`tls://127.0.0.1:${open().port}`)).toBe("tls-refused");
  expect(await kindOf(broker.url)).toBe("untrusted");
  expect(
    await probeBroker(broker.url, { ...patient, tls: { ca: (await createAuthority()).ca } }),
  ).toMatchObject({
    kind: "untrusted",
    error: { code: "certificate-untrusted" },
  });
});

test("where nobody listens, or something else does, is told apart", async () => {
  verifies("SESS-106");
  const gone = await startFakeBroker(() => undefined);
  await gone[Symbol.asyncDispose]();
  expect(await kindOf(`nats://127.0.0.1:${gone.port}`)).toBe("unreachable");
  await using mail = await startFakeBroker((socket) => socket.write("220 mail.example ready\r\n"));
  expect(await probeBroker(`nats://127.0.0.1:${mail.port}`, patient)).toMatchObject({
    kind: "refused",
    error: { code: "unavailable" },
  });
});

test.each([
  ["nothing", ""],
  ["a greeting and nothing more", greeting()],
  ["a greeting, and nothing in the handshake", greeting({ tls_required: true })],
])("a peer that accepts and says %s is given up in time, after one attempt", async (_, said) => {
  verifies("SESS-107");
  let attempts = 0;
  const fake = await startFakeBroker((socket) => {
    attempts++;
    socket.write(said);
  });
  const scheme = said.includes("tls_required") ? "tls" : "nats";
  const url = `${scheme}://localhost:${fake.port}`;
  const patience = probeBroker(url, patient).then(() => "the patient one");
  await eventually(() => attempts === 1);
  const haste = probeBroker(url, { timeoutMs: 200 }).then(({ kind }) => kind);
  expect(await Promise.race([patience, haste])).toBe("unreachable");
  await eventually(() => fake.open === 1, { what: "the end of its connection" });
  expect(attempts).toBe(2);
  await fake[Symbol.asyncDispose]();
  await patience;
});

test("a peer whose system lets nobody in is given up in time, and no attempt goes on", async () => {
  verifies("SESS-107", "SESS-105");
  const full = await startFullListener();
  try {
    expect((await probeBroker(`nats://127.0.0.1:${full.port}`, { timeoutMs: 200 })).kind).toBe("unreachable");
    await eventually(() => !process.getActiveResourcesInfo().includes("ConnectWrap"), {
      what: "the end of the attempt",
      timeoutMs: 15_000,
    });
  } finally {
    await full.end();
  }
});

test("what cannot be dialled at all is no outcome but an error", async () => {
  verifies("SESS-107");
  expect(await codeOf(probeBroker("cotals://127.0.0.1:4222/main"))).toBe("bad-address");
  expect(await codeOf(probeBroker(open().url, { tls: { caFile: "/nowhere/ca.crt" } }))).toBe("bad-tls-files");
});

/** A process that stands still, with a queue of connections that is full: a further one is not answered. */
async function startFullListener(): Promise<{ port: number; end(): Promise<void> }> {
  const script = `
    const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () =>
      process.stdout.write(String(server.address().port)));`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = await once(child.stdout, "data");
  const port = Number(said);
  child.kill("SIGSTOP");
  await eventually(() => / T /.test(readFileSync(`/proc/${child.pid}/stat`, "utf8")));
  const waiting = [connect(port, "127.0.0.1"), connect(port, "127.0.0.1")];
  await Promise.all(waiting.map((socket) => once(socket, "connect")));
  return {
    port,
    end: async () => {
      for (const socket of waiting) socket.destroy();
      const ended = once(child, "close");
      child.kill("SIGKILL");
      await ended;
    },
  };
}
