import { type SpaceBroker, startSpaceBroker, withSession } from "@cotal/harness";
import { setUpSpace } from "@cotal/registries";
import type { Session } from "@cotal/session";
import type { OwnerId, RegistryName, Token } from "@cotal/subjects";
import { ingestOfRegistry, ingestSecret, type MintOrder } from "@cotal/trust";
import { afterAll, beforeAll } from "vitest";
import { orderOf, space } from "./support-presence.ts";

/** An authenticated space on a broker of its own. */
export interface AuthSpace {
  readonly url: string;
  /** The text of a credential. */
  creds(order: Partial<MintOrder>): { readonly kind: "creds"; readonly creds: string };
  /** Runs with a session of the holder of a fresh credential. */
  as<T>(order: Partial<MintOrder>, run: (session: Session, id: OwnerId) => Promise<T>): Promise<T>;
  /** The ingest secret of a registry. */
  secretOf(registry: RegistryName): Token;
}

export function authSpaceOfFile(): () => AuthSpace {
  let made: { readonly fixture: SpaceBroker; readonly use: AuthSpace } | undefined;
  beforeAll(async () => {
    const fixture = await startSpaceBroker();
    const use = useOf(fixture);
    made = { fixture, use };
    const order = orderOf({ mode: "auth" });
    const ingest = (resource: string): Token => ingestSecret(fixture.space, resource);
    await use.as({ profile: "setup", name: "setup" }, (session, id) =>
      setUpSpace(session, { ...order, id, spec: { ...order.spec, ingest } }),
    );
  });
  afterAll(() => made?.fixture[Symbol.asyncDispose]());
  return () => {
    if (!made) throw new Error("there is no space outside of a test");
    return made.use;
  };
}

function useOf(fixture: SpaceBroker): AuthSpace {
  const { url } = fixture.broker;
  return {
    url,
    creds: (order) => ({ kind: "creds", creds: fixture.mint(order).creds.reveal() }),
    as: async (order, run) => {
      const as = fixture.mint(order);
      return await withSession(url, (session) => run(session, as.id), { as });
    },
    secretOf: (registry) => ingestSecret(fixture.space, ingestOfRegistry({ space }, registry)),
  };
}
