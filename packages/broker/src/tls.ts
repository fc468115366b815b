import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { CotalError, type ErrorCode, quoted } from "@cotal/subjects";
import type { Settings } from "./settings.ts";

/** Files in PEM; absolute paths. The server reads the first two again upon SIGHUP. */
export interface BrokerTls {
  /** The certificate, and after it those that lead to its authority. */
  readonly certFile: string;
  readonly keyFile: string;
  /** The authority that clients have to trust, unless it is one that every system knows. */
  readonly caFile?: string | undefined;
}

export type TlsOption = keyof BrokerTls;

/** The server asks no client for a certificate, so that it has no use for the authority. */
export function tlsSettings({ certFile, keyFile }: BrokerTls): Settings {
  return { cert_file: certFile, key_file: keyFile, min_version: "1.2", timeout: 5 };
}

/** Refuses what no client could trust at this moment, and a key that others can read. */
export async function checkTlsFiles({ certFile, keyFile, caFile }: BrokerTls, at: number): Promise<void> {
  const [certificate, ...chain] = await readCertificates({ option: "certFile", path: certFile });
  checkTime({ certificate, path: certFile, at });
  const key = await readKey({ option: "keyFile", path: keyFile });
  if (!certificate.checkPrivateKey(key)) {
    throw unfit({ option: "keyFile", path: keyFile }, "is not the key of the certificate");
  }
  if (caFile === undefined) return;
  const authorities = await readCertificates({ option: "caFile", path: caFile });
  if (!leadsTo(certificate, chain, authorities)) {
    throw unfit({ option: "caFile", path: caFile }, "has not issued the certificate");
  }
}

interface TlsFile {
  readonly option: TlsOption;
  readonly path: string;
}

const maxBytes = 1024 * 1024;
const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

async function readCertificates(file: TlsFile): Promise<[X509Certificate, ...X509Certificate[]]> {
  const { text } = await readPem(file);
  const [first, ...others] = (text.match(block) ?? []).map((pem) => {
    try {
      return new X509Certificate(pem);
    } catch (cause) {
      throw unfit(file, "holds a broken certificate", { cause });
    }
  });
  if (first === undefined) throw unfit(file, "holds no certificate in PEM");
  return [first, ...others];
}

async function readKey(file: TlsFile): Promise<KeyObject> {
  const { text, mode } = await readPem(file);
  if ((mode & 0o077) !== 0) {
    throw unfit(file, `can be used by others (mode ${(mode & 0o777).toString(8)})`, {
      hint: `run chmod 600 ${quoted(file.path)}, and have a new key made if others could have read it`,
    });
  }
  try {
    return createPrivateKey(text);
  } catch {
    // Without its cause, which may show some of the key.
    throw unfit(file, "holds no private key in PEM that opens without a passphrase");
  }
}

async function readPem(file: TlsFile): Promise<{ readonly text: string; readonly mode: number }> {
  const unread = (error: NodeJS.ErrnoException): never => {
    throw unfit(file, `cannot be read (${error.code})`, { hint: "check the path and its mode" });
  };
  const facts = await stat(file.path).catch(unread);
  if (!facts.isFile() || facts.size > maxBytes) throw unfit(file, "is not a file of up to 1 MiB");
  return { text: await readFile(file.path, "latin1").catch(unread), mode: facts.mode };
}

interface Dated {
  readonly certificate: X509Certificate;
  readonly path: string;
  readonly at: number;
}

function checkTime({ certificate, path, at }: Dated): void {
  const { validFrom, validTo } = certificate;
  const refusal = (code: ErrorCode, why: string, hint: string): CotalError =>
    new CotalError(code, `the certificate ${quoted(path)} ${why}`, {
      hint,
      data: { path, validFrom, validTo },
    });
  if (at >= Date.parse(validTo)) {
    throw refusal("certificate-expired", `expired on ${validTo}`, "have it renewed, then start again");
  }
  if (at < Date.parse(validFrom)) {
    throw refusal("not-yet-valid", `is valid from ${validFrom} on`, "check the clock of this machine");
  }
}

/** Whether one of the authorities is the certificate itself, or has issued it or one of its chain. */
function leadsTo(
  certificate: X509Certificate,
  chain: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): boolean {
  const isFrom = (issuer: X509Certificate): boolean =>
    certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  const isIt = (other: X509Certificate): boolean => other.fingerprint256 === certificate.fingerprint256;
  if (authorities.some((authority) => isIt(authority) || isFrom(authority))) return true;
  const at = chain.findIndex(isFrom);
  const issuer = chain[at];
  return issuer !== undefined && leadsTo(issuer, chain.toSpliced(at, 1), authorities);
}

function unfit(
  { option, path }: TlsFile,
  why: string,
  {
    hint = "give a certificate and its own key, both in PEM",
    cause,
  }: { hint?: string; cause?: unknown } = {},
): CotalError {
  return new CotalError("bad-tls-files", `the file ${quoted(path)} given as ${option} ${why}`, {
    hint,
    data: { option, path },
    cause,
  });
}
