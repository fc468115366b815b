import { isIP } from "node:net";
import { resolve } from "node:path";
import { CotalError, quoted } from "@cotal/subjects";

/** Where the broker listens, and how others reach it. */
export interface Network {
  /** An address of this machine; only this machine unless given. */
  readonly host?: string | undefined;
  /** The name or address in links for others. */
  readonly address?: string | undefined;
  /** Absolute paths. */
  readonly tls?: TlsFiles | undefined;
}

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile?: string | undefined;
}

/** Where it listens unless somebody says where. */
export const thisMachine = "127.0.0.1";

export const networkOptions = {
  host: {
    kind: "value",
    placeholder: "address",
    summary: "where the broker listens: an IP address of this machine (127.0.0.1); elsewhere it needs TLS",
    parse: (text: string): string => asHost(text),
  },
  address: {
    kind: "value",
    placeholder: "name",
    summary: "the name or address by which others reach this machine, for the join link",
    parse: (text: string): string => asAddress(text),
  },
  tlsCert: {
    kind: "value",
    placeholder: "file",
    summary: "the certificate of the broker, in PEM, and after it those that lead to its authority",
    parse: (text: string): string => text,
  },
  tlsKey: {
    kind: "value",
    placeholder: "file",
    summary: "the key of the certificate, in PEM, for this user alone",
    parse: (text: string): string => text,
  },
  tlsCa: {
    kind: "value",
    placeholder: "file",
    summary: "the authority to trust, in PEM, where it is none that every system knows",
    parse: (text: string): string => text,
  },
} as const;

export type NetworkOptionName = keyof typeof networkOptions;

/** What is asked for; paths begin at the folder of the caller. */
export function networkAsked(
  asked: { readonly [Name in NetworkOptionName]?: string },
  folder: string,
): Network {
  const { host, address, tlsCert, tlsKey, tlsCa } = asked;
  const named = host === undefined && address === undefined ? {} : { host, address };
  if (tlsCert === undefined && tlsKey === undefined && tlsCa === undefined) return named;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new CotalError("usage", "TLS needs a certificate and its key", {
      hint: "use --tls-cert <file> and --tls-key <file>, and --tls-ca <file> for an authority of your own",
    });
  }
  const [certFile, keyFile] = [resolve(folder, tlsCert), resolve(folder, tlsKey)];
  const tls = { certFile, keyFile, ...(tlsCa !== undefined && { caFile: resolve(folder, tlsCa) }) };
  return { ...named, tls };
}

/** By which others reach a broker; `url` is that for programs of this machine. */
export function publicUrl(url: string, { host, address }: Network): string {
  const reached = address ?? (host !== undefined && !isForAll(host) ? host : undefined);
  if (reached === undefined) return url;
  const { protocol, port } = new URL(url);
  return `${protocol}//${isIP(reached) === 6 ? `[${reached}]` : reached}:${port}`;
}

function isForAll(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function asHost(text: string): string {
  if (isIP(text) !== 0 && !text.includes("%")) return text;
  throw new CotalError("usage", `${quoted(text)} is no IP address`, {
    hint: "name an address of this machine; 0.0.0.0 stands for all of them",
  });
}

function asAddress(text: string): string {
  if (isIP(text) !== 0 || /^(?=.{1,253}$)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/.test(text)) return text;
  throw new CotalError("usage", `${quoted(text)} is no name of a machine`, {
    hint: "for example mesh.example.org",
  });
}
