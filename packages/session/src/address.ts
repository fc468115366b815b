import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { CotalError, quoted } from "@cotal/subjects";
import type { TlsOptions } from "@nats-io/nats-core";

/** Whom to trust for the broker's certificate: these, in PEM, instead of the authorities that Node knows. */
export interface DialTls {
  readonly ca?: string;
  readonly caFile?: string;
}

const form = /^(nats|tls):\/\/[^\s/?#@]+$/;

/**
 * What the client has to be told about TLS. It takes no notice of the scheme of an address and would
 * speak in the clear with a `tls://` one. TLS for one address is TLS for all, and never less than asked for.
 */
export async function tlsFor(
  servers: readonly string[],
  tls: DialTls | undefined,
): Promise<TlsOptions | null> {
  const schemes = servers.map((server) => form.exec(server)?.[1]);
  if (schemes.length === 0 || schemes.includes(undefined)) throw badAddress(servers);
  if (tls === undefined && !schemes.includes("tls")) return null;
  const ca = await authorities(tls ?? {});
  return ca === undefined ? {} : { ca };
}

/** Read anew for each dial, so that a renewed one is found without a restart. */
async function authorities({ ca, caFile }: DialTls): Promise<string | undefined> {
  const given = ca === undefined ? [] : [certificateIn(ca, "ca")];
  if (caFile !== undefined) given.push(certificateIn(await readText(caFile), caFile));
  return given.length === 0 ? undefined : given.join("\n");
}

async function readText(path: string): Promise<string> {
  return await readFile(path, "latin1").catch((error: NodeJS.ErrnoException) => {
    throw badAuthority(path, `cannot be read (${error.code})`);
  });
}

/** The client would take a text without one, and then trust nobody without saying why. */
function certificateIn(pem: string, from: string): string {
  try {
    new X509Certificate(pem);
    return pem;
  } catch (cause) {
    throw badAuthority(from, "holds no certificate in PEM", cause);
  }
}

function badAuthority(from: string, why: string, cause?: unknown): CotalError {
  return new CotalError("bad-tls-files", `the authority given as ${quoted(from)} ${why}`, {
    hint: "give the certificate of the authority that signed the broker's, in PEM",
    cause,
  });
}

function badAddress(servers: readonly string[]): CotalError {
  return new CotalError(
    "bad-address",
    `no broker can be dialled at ${servers.map(quoted).join(", ") || "none"}`,
    {
      hint: "write nats://host:port, or tls://host:port where TLS is required",
    },
  );
}
