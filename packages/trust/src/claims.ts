/** Seconds since 1970, as the format counts. */
export type Seconds = number;

/** What every token of the broker's second format says. */
interface Claims<Kind extends string, Body> {
  readonly exp?: Seconds;
  readonly nbf?: Seconds;
  readonly aud: string;
  readonly name: string;
  /** The public key that the token is about. */
  readonly sub: string;
  readonly nats: Body & { readonly type: Kind; readonly version: 2 };
  /** The public key that signed it. */
  readonly iss: string;
  readonly iat: Seconds;
  readonly jti: string;
}

export type OperatorClaims = Claims<"operator", OperatorBody>;
export type AccountClaims = Claims<"account", AccountBody>;
export type UserClaims = Claims<"user", UserBody>;
export type AnyClaims = OperatorClaims | AccountClaims | UserClaims;
export type ClaimsKind = AnyClaims["nats"]["type"];
export type ClaimsOf<Kind extends ClaimsKind> = Extract<
  AnyClaims,
  { readonly nats: { readonly type: Kind } }
>;

export interface OperatorBody {
  readonly signing_keys?: readonly string[];
  readonly system_account?: string;
  /** Accounts and users must be signed by signing keys, never by an identity key. */
  readonly strict_signing_key_usage?: boolean;
}

/** Something of another account that users reach under a subject of their own. */
export interface ServiceImport {
  readonly name: string;
  readonly subject: string;
  readonly account: string;
  readonly local_subject: string;
  readonly type: "service";
  /** Tells the other account who asks; the API of the streams needs it. */
  readonly share: boolean;
}

export interface AccountBody {
  readonly imports?: readonly ServiceImport[];
  readonly limits?: AccountLimits;
  readonly signing_keys?: readonly (string | ScopedSigningKey)[];
  /** For a user's public key the second up to which its tokens are void. */
  readonly revocations?: Readonly<Record<string, Seconds>>;
  readonly tags?: readonly string[];
}

/** Every limit must be written: the broker reads a missing one as zero. -1 is no limit. */
export interface AccountLimits {
  readonly subs: number;
  readonly data: number;
  readonly payload: number;
  readonly imports: number;
  readonly exports: number;
  readonly wildcards: boolean;
  readonly conn: number;
  readonly leaf: number;
  readonly disallow_bearer: boolean;
  readonly mem_storage: number;
  readonly disk_storage: number;
  readonly streams: number;
  readonly consumer: number;
  readonly max_ack_pending: number;
  readonly mem_max_stream_bytes: number;
  readonly disk_max_stream_bytes: number;
  readonly max_bytes_required: boolean;
}

/** A key whose users have the rights of the template, whatever their tokens say. */
export interface ScopedSigningKey {
  readonly kind: "user_scope";
  readonly key: string;
  readonly role: string;
  readonly template: UserRights;
}

export interface UserRights {
  readonly pub?: { readonly allow: readonly string[] };
  readonly sub?: { readonly allow: readonly string[] };
  readonly subs?: number;
  readonly data?: number;
  readonly payload?: number;
}

export interface UserBody extends UserRights {
  readonly issuer_account?: string;
  /** `name:value`, which the template of a scoped key takes up. */
  readonly tags?: readonly string[];
}
