import { writeFileSync } from "node:fs";
import { TLSSocket } from "node:tls";
import {
  createAuthority,
  eventually,
  type IssueOptions,
  startTestBroker,
  type TestBroker,
  writeCertificate,
} from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { parseJoinLink, serverUrl } from "@cotal/wire";
import { describe, expect, test } from "vitest";
import type { DialTls } from "../src/address.ts";
import { type Credential, dial } from "../src/dial.ts";
import { type FakeBroker, greeting, startFakeBroker } from "./fake-broker.ts";
import { brokerOfFile, codeOf, newLink } from "./support.ts";

const secure = brokerOfFile({ tls: true });
const authority = await createAuthority();
const secret: Credential = { mark: "one", options: { user: "alice", pass: "do-not-tell" } };

/** Dials once, as the holder of a secret, and gives the code of the failure. */
const failure = (url: string, tls?: DialTls): Promise<string> =>
  codeOf(
    dial({ servers: [url], name: "tls test", dialTimeoutMs: 5_000, ...(tls && { tls }) }, secret).then(
      (connection) => connection.close(),
    ),
  );

const addressIn = (link: string): string => serverUrl(parseJoinLink(link).server);

const trusted = (broker: TestBroker): DialTls => ({ ca: broker.ca ?? "" });

describe("a broker that speaks TLS", () => {
  test.each(["127.0.0.1", "localhost"])("is joined through a cotals link to %s", async (host) => {
    verifies("SESS-100", "SESS-102");
    const url = addressIn(`cotals://${host}:${secure().port}/main`);
    const { link } = newLink(url, { dial: { servers: [url], name: "tls test", tls: trusted(secure()) } });
    const session = await link.start();
    expect(session.connection.info).toMatchObject({ tls_required: true });
    await session.connection.flush();
    await link.stop();
  });

  test("is joined again after it was away, by a link that reads the file of its authority anew", async () => {
    verifies("SESS-104");
    await using broker = await startTestBroker({ tls: true });
    const caFile = `${broker.folder}/ca.crt`;
    writeFileSync(caFile, authority.ca);
    const { link, states } = newLink(broker.url, {
      dial: { servers: [broker.url], name: "tls test", tls: { caFile } },
      random: () => 0,
    });
    const started = link.start({ retryFirst: true });
    await eventually(() => states.includes("waiting"), { what: "the refusal of the first certificate" });
    writeFileSync(caFile, broker.ca ?? "");
    const { epoch } = await started;
    await broker.restart();
    await eventually(() => (link.session?.epoch ?? 0) > epoch, { what: "the next epoch" });
    await link.session?.connection.flush();
    await link.stop();
  });

  test("is not spoken to in the clear", async () => {
    verifies("SESS-100");
    expect(await failure(`nats://127.0.0.1:${secure().port}`)).toBe("tls-required");
    await using fake = await startFakeBroker((socket) => socket.write(greeting({ tls_required: true })));
    expect(await failure(`nats://127.0.0.1:${fake.port}`)).toBe("tls-required");
    await eventually(() => fake.open === 0);
    expect(fake.heard).toBe("");
  });
});

describe("a broker that does not", () => {
  test("is refused through a cotals link", async () => {
    verifies("SESS-101");
    await using plain = await startTestBroker();
    expect(await failure(addressIn(`cotals://127.0.0.1:${plain.port}/main`))).toBe("tls-refused");
    expect(await failure(plain.url, {})).toBe("tls-refused");
    expect(await failure(plain.url)).toBe("no failure");
  });

  test("hears nothing at all", async () => {
    verifies("SESS-101");
    await using fake = await startFakeBroker((socket) => socket.write(greeting()));
    expect(await failure(addressIn(`cotals://127.0.0.1:${fake.port}/main`))).toBe("tls-refused");
    await eventually(() => fake.open === 0);
    expect(fake.heard).toBe("");
    // The same broker is told everything by whoever asks for no TLS.
    const dialling = { servers: [`nats://127.0.0.1:${fake.port}`], name: "tls test", dialTimeoutMs: 300 };
    expect(await codeOf(dial(dialling, secret))).toBe("unreachable");
    await eventually(() => fake.heard.includes("do-not-tell"));
  });

  test.each([
    ["ends the handshake", ""],
    ["answers it with something else", "HTTP/1.1 400 Bad Request\r\n\r\n"],
  ])("hears no secret though it promises TLS and %s", async (_, answer) => {
    verifies("SESS-101", "SESS-103");
    await using fake = await startFakeBroker((socket) => {
      socket.write(greeting({ tls_required: true }));
      socket.once("data", () => socket.end(answer));
    });
    expect(await failure(`tls://127.0.0.1:${fake.port}`)).toBe("tls-failed");
    await eventually(() => fake.open === 0);
    expect(fake.heard).not.toMatch(/do-not-tell|alice|CONNECT/);
  });
});

describe("a handshake", () => {
  /** A broker that says `said` in the clear, then speaks TLS with a good certificate and answers nothing. */
  const startSpeaker = async (
    said: string,
  ): Promise<{ fake: FakeBroker; inside: string[]; names: unknown[] }> => {
    const { cert, key } = await authority.issue();
    const inside: string[] = [];
    const names: unknown[] = [];
    const fake = await startFakeBroker((socket) => {
      socket.removeAllListeners("data");
      socket.write(said);
      const spoken = new TLSSocket(socket, { isServer: true, cert, key });
      spoken.on("error", () => socket.destroy());
      spoken.on("secure", () => names.push((spoken as { servername?: unknown }).servername));
      spoken.on("data", (bytes) => inside.push(bytes.toString("latin1")));
    });
    return { fake, inside, names };
  };
  const promise = greeting({ tls_required: true });
  const trusting = { ca: authority.ca };

  test("with a holder of a certificate that is not trusted tells it nothing", async () => {
    verifies("SESS-101", "SESS-102");
    const { fake, inside } = await startSpeaker(promise);
    expect(await failure(`tls://127.0.0.1:${fake.port}`)).toBe("certificate-untrusted");
    await eventually(() => fake.open === 0);
    expect(inside).toEqual([]);
    await fake[Symbol.asyncDispose]();
  });

  test("names the host that was dialled, and what follows is for the broker alone", async () => {
    verifies("SESS-101", "SESS-102");
    const { fake, inside, names } = await startSpeaker(promise);
    const dialled = failure(`tls://localhost:${fake.port}`, trusting);
    await eventually(() => inside.join("").includes("do-not-tell"));
    expect(names).toEqual(["localhost"]);
    expect(fake.heard).toBe("");
    await fake[Symbol.asyncDispose]();
    expect(await dialled).toBe("unreachable");
  });

  test("is not begun when more than a greeting came before it", async () => {
    verifies("SESS-103");
    const { fake, inside } = await startSpeaker(`${promise}PONG\r\n`);
    expect(await failure(`tls://127.0.0.1:${fake.port}`, trusting)).toBe("tls-failed");
    await eventually(() => fake.open === 0);
    expect(inside).toEqual([]);
    await fake[Symbol.asyncDispose]();
  });
});

describe("a certificate", () => {
  const hourMs = 3_600_000;
  const at = (hours: number): Date => new Date(Date.now() + hours * hourMs);

  test.each<[string, IssueOptions, string]>([
    ["of another host", { hosts: ["elsewhere.example", "10.1.2.3"] }, "certificate-foreign"],
    ["of localhost, for whoever dials an address", { hosts: ["localhost"] }, "certificate-foreign"],
    ["that has expired", { validFrom: at(-3), validTo: at(-1) }, "certificate-expired"],
    ["of the future", { validFrom: at(1), validTo: at(3) }, "not-yet-valid"],
    ["that is right", {}, "no failure"],
  ])("%s is told by its code", async (_, options, code) => {
    verifies("SESS-102", "SESS-103");
    await using broker = await startTestBroker({ tls: true });
    const { certFile, keyFile } = await writeCertificate(
      await authority.issue(options),
      `${broker.folder}/other`,
    );
    // Past the checks of a start, as when a certificate ends while its broker runs.
    writeFileSync(
      `${broker.folder}/extra.conf`,
      `tls { cert_file: "${certFile}", key_file: "${keyFile}" }\n`,
    );
    await broker.reload();
    expect(await failure(broker.url, { ca: authority.ca })).toBe(code);
  });

  test("that nobody has signed who is trusted is told by its code", async () => {
    verifies("SESS-102", "SESS-103");
    const namesake = await createAuthority();
    const stranger = await createAuthority("stranger");
    expect(await failure(secure().url)).toBe("certificate-untrusted");
    expect(await failure(secure().url, { ca: namesake.ca })).toBe("certificate-untrusted");
    expect(await failure(secure().url, { ca: stranger.ca })).toBe("certificate-untrusted");
  });
});

test("a dial that runs out of time in the middle of a handshake leaves no connection", async () => {
  verifies("SESS-105");
  await using fake = await startFakeBroker((socket) => socket.write(greeting({ tls_required: true })));
  const dialling = { servers: [`tls://127.0.0.1:${fake.port}`], name: "tls test", dialTimeoutMs: 300 };
  expect(await codeOf(dial(dialling, secret))).toBe("unreachable");
  await eventually(() => fake.open === 0, { what: "the end of the connection" });
  expect(fake.heard).not.toMatch(/do-not-tell/);
});
