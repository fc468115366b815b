import { isIPv4, isIPv6 } from "node:net";
import { type ChannelPattern, CotalError, isChannelPattern, isToken, type Token } from "@cotal/subjects";

/** What one needs to join a space. */
export interface JoinLink {
  readonly server: LinkServer;
  readonly space: Token;
  readonly channels: readonly ChannelPattern[];
  readonly auth: LinkAuth;
}

/** Where the broker listens. It never holds a credential. */
export interface LinkServer {
  /** TLS is required. */
  readonly tls: boolean;
  /** A name, an IPv4 or, without brackets, an IPv6 address. */
  readonly host: string;
  readonly port: number;
}

export type LinkAuth =
  | { readonly kind: "open" }
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "password"; readonly user: string; readonly password: string };

const defaultPort = 4222;
const shape = /^cotal(s?):\/\/(?:([^@/?#[\]]*)@)?([^@/?#]+)\/([^/?#]*)(?:\?([^?#]*))?$/;
const maxLinkLength = 16_384;

/** Refuses what is not exactly a link. The error names the part that is wrong and holds none of the text. */
export function parseJoinLink(text: string): JoinLink {
  const parts = text.length <= maxLinkLength ? shape.exec(text) : null;
  if (parts === null) throw refusal("it has not the form of one");
  const [, tls, credentials, address = "", space, query] = parts;
  if (!isToken(space)) throw refusal("its space is not valid");
  return {
    server: { tls: tls === "s", ...parseAddress(address) },
    space,
    channels: query === undefined ? [] : parseQuery(query),
    auth: credentials === undefined ? { kind: "open" } : parseAuth(credentials),
  };
}

export function formatJoinLink({ server, space, channels, auth }: JoinLink): string {
  const { tls, port } = server;
  if (!isHost(server.host)) throw refusal("its host is not valid");
  if (!isPort(port)) throw refusal("its port is not valid");
  if (!isToken(space)) throw refusal("its space is not valid");
  const host = isIPv6(server.host) ? `[${server.host}]` : server.host;
  const address = port === defaultPort ? host : `${host}:${port}`;
  const query = channels.length === 0 ? "" : `?channel=${channels.map(channelText).join(",")}`;
  return `cotal${tls ? "s" : ""}://${authText(auth)}${address}/${space}${query}`;
}

/** The address for the client of the broker. */
export function serverUrl({ tls, host, port }: LinkServer): string {
  return `${tls ? "tls" : "nats"}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

function parseAddress(address: string): { host: string; port: number } {
  const [, bracketed, name, digits] =
    /^(?:\[([^[\]]*)\]|([^:[\]]*))(?::([1-9]\d{0,4}))?$/.exec(address) ?? [];
  const port = digits === undefined ? defaultPort : Number(digits);
  const host = bracketed ?? name ?? "";
  if (!isHost(host) || host.includes(":") !== (bracketed !== undefined))
    throw refusal("its host is not valid");
  if (!isPort(port)) throw refusal("its port is not valid");
  return { host, port };
}

const label = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
const numeric = /^(?:\d+|0[Xx][\dA-Fa-f]*)$/;

/** An IPv6 zone (`%eth0`) means nothing to whom a link is sent; a numeric last label is an address or nothing. */
function isHost(host: string): boolean {
  if (host.includes(":")) return isIPv6(host) && !host.includes("%");
  const labels = host.split(".");
  if (numeric.test(labels.at(-1) ?? "")) return isIPv4(host);
  return host.length <= 253 && labels.every((part) => label.test(part));
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

function parseAuth(text: string): LinkAuth {
  const [first = "", second, ...more] = text.split(":");
  if (more.length > 0) throw refusal("its credentials are not valid");
  const one = unescaped(first);
  if (second === undefined) return { kind: "token", token: one };
  return { kind: "password", user: one, password: unescaped(second) };
}

function authText(auth: LinkAuth): string {
  if (auth.kind === "open") return "";
  if (auth.kind === "token") return `${escaped(auth.token)}@`;
  return `${escaped(auth.user)}:${escaped(auth.password)}@`;
}

function parseQuery(query: string): ChannelPattern[] {
  const [, list] = /^channels?=(.*)$/.exec(query) ?? [];
  if (list === undefined) throw refusal("after ? only channel= is known, once");
  return list.split(",").map((text) => {
    const channel = unescaped(text);
    if (isChannelPattern(channel)) return channel;
    throw refusal("one of its channels is not valid");
  });
}

function channelText(channel: string): string {
  if (isChannelPattern(channel)) return encodeURIComponent(channel);
  throw refusal("one of its channels is not valid");
}

function unescaped(text: string): string {
  try {
    const plain = decodeURIComponent(text);
    if (plain !== "") return plain;
  } catch {
    throw refusal("it holds a broken escape");
  }
  throw refusal("a part of it is empty");
}

function escaped(text: string): string {
  try {
    if (text !== "") return encodeURIComponent(text);
  } catch {
    throw refusal("a credential of it is not well-formed text");
  }
  throw refusal("a credential of it is empty");
}

function refusal(why: string): CotalError {
  return new CotalError("bad-link", `this is not a valid join link: ${why}`, {
    hint: "write cotal://[token@|user:password@]host[:port]/space[?channel=a,b], with special characters of credentials percent-encoded",
  });
}
