import {
  type Credential,
  type CredentialSource,
  credentialFile,
  credentialOf,
  readCredentialFile,
} from "@cotal/session";
import { asOwnerId, CotalError, type OwnerId } from "@cotal/subjects";
import {
  generateSeed,
  type KeyPair,
  keyPairFromSeed,
  parseCredential,
  type Credential as UserCredential,
} from "@cotal/wire";

/** How a program proves who it is. In an open space it does not: its id is a key of its own making. */
export type Auth =
  | { readonly kind: "open"; readonly seed?: string | undefined }
  /** The text of a credential, or a function that gives the present one. */
  | { readonly kind: "creds"; readonly creds: string | (() => string | Promise<string>) }
  /** A credential file, read anew for each connection. */
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "token"; readonly token: string; readonly seed?: string | undefined }
  | {
      readonly kind: "password";
      readonly user: string;
      readonly pass: string;
      readonly seed?: string | undefined;
    };

export interface Identity {
  readonly id: OwnerId;
  /** Without a credential nothing is signed. */
  readonly keys: KeyPair | undefined;
  readonly source: CredentialSource;
}

/** Who a proof makes its holder. Its credential is read once, before anything is dialled. */
export async function identityOf(auth: Auth): Promise<Identity> {
  switch (auth.kind) {
    case "open":
      return unsigned({ mark: "none", options: {} }, auth.seed);
    case "token":
      return unsigned({ mark: "token", options: { token: auth.token } }, auth.seed);
    case "password":
      return unsigned({ mark: "password", options: { user: auth.user, pass: auth.pass } }, auth.seed);
    case "file":
      return signing(await readCredentialFile(auth.path), credentialFile(auth.path));
    case "creds": {
      const { creds } = auth;
      if (typeof creds === "string") {
        const only = parseCredential(creds);
        return signing(only, () => credentialOf(only));
      }
      const read = async () => parseCredential(await creds());
      const first = await read();
      return signing(first, async () => credentialOf(sameUser(first, await read())));
    }
  }
}

function unsigned(credential: Credential, seed = generateSeed("user")): Identity {
  const { publicKey } = keyPairFromSeed(seed);
  return { id: asOwnerId(publicKey), keys: undefined, source: () => credential };
}

function signing({ id, keys }: UserCredential, source: CredentialSource): Identity {
  return { id, keys, source };
}

/** Everything that was set up for one id belongs to that id: another one is another peer. */
function sameUser(first: UserCredential, now: UserCredential): UserCredential {
  if (now.id === first.id) return now;
  throw new CotalError("identity-mismatch", "the source of credentials now gives those of another user", {
    hint: "start another endpoint to be another user",
    data: { id: first.id, other: now.id },
  });
}
