// The library below has to find it loaded.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";

/** A certificate authority that only one test trusts. */
export interface TestAuthority {
  /** Its own certificate, in PEM. */
  readonly ca: string;
  readonly signer: Signer;
  issue(options?: IssueOptions): Promise<IssuedCertificate>;
}

export interface IssueOptions {
  /** Names and addresses that it is for. */
  readonly hosts?: readonly string[];
  readonly validFrom?: Date;
  readonly validTo?: Date;
}

/** In PEM. */
export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Signed by itself, or by another authority that it then stands below. */
export async function createAuthority(
  name = "test authority",
  above?: TestAuthority,
): Promise<TestAuthority> {
  const keys = await newKeys();
  const subject = `CN=${name}`;
  const extensions = [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
  ];
  const signer = above?.signer ?? { subject, signingKey: keys.privateKey };
  const certificate = await certify({ signer, subject, publicKey: keys.publicKey, extensions });
  const own = { subject, signingKey: keys.privateKey };
  return { ca: certificate.toString("pem"), signer: own, issue: (options) => issue(own, options) };
}

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Writes both as a server reads them, under names that begin with `prefix`. */
export async function writeCertificate(
  { cert, key }: IssuedCertificate,
  prefix: string,
): Promise<CertificateFiles> {
  const [certFile, keyFile] = [`${prefix}.crt`, `${prefix}.key`];
  await writeFile(certFile, cert);
  await writeFile(keyFile, key, { mode: 0o600 });
  return { certFile, keyFile };
}

const hourMs = 3_600_000;

export interface Signer {
  readonly subject: string;
  readonly signingKey: webcrypto.CryptoKey;
}

async function issue(
  signer: Signer,
  { hosts = ["127.0.0.1", "localhost"], ...times }: IssueOptions = {},
): Promise<IssuedCertificate> {
  const { publicKey, privateKey } = await newKeys();
  const names = hosts.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value }) as const);
  const extensions = [new x509.SubjectAlternativeNameExtension(names)];
  const certificate = await certify({ signer, subject: "CN=test broker", publicKey, extensions, ...times });
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", privateKey));
  return { cert: certificate.toString("pem"), key: x509.PemConverter.encode(der, "PRIVATE KEY") };
}

interface Draft extends Omit<IssueOptions, "hosts"> {
  readonly signer: Signer;
  readonly subject: string;
  readonly publicKey: webcrypto.CryptoKey;
  readonly extensions: x509.Extension[];
}

function certify({ signer, validFrom, validTo, ...draft }: Draft): Promise<x509.X509Certificate> {
  const now = Date.now();
  const full = {
    ...draft,
    issuer: signer.subject,
    signingKey: signer.signingKey,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    notBefore: validFrom ?? new Date(now - hourMs),
    notAfter: validTo ?? new Date(now + hourMs),
  };
  return x509.X509CertificateGenerator.create(full, webcrypto);
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
}
