import {
  type Capability,
  createResponder,
  createScope,
  errorFields,
  flush,
  type Health,
  type Operation,
  type Responder,
  type Session,
} from "@cotal/session";
import { asToken, CotalError, quoted, type Token } from "@cotal/subjects";
import type { Core } from "./core.ts";

/** Answers questions of others, under names that the credential allows. */
export interface Serving extends Capability {
  /**
   * Serves from now on and over each later connection. Rejects with `not-allowed` when the credential
   * does not allow it. The answer ends it.
   */
  serve(service: string, operations: Readonly<Record<string, Operation>>): Promise<() => Promise<void>>;
}

interface Served {
  readonly responder: Responder;
  /** Ends what hangs on the present connection. */
  release: () => Promise<void>;
}

export function createServing(core: Core): Serving {
  const services = new Map<Token, Served>();

  const bind = async (served: Served, session: Session): Promise<void> => {
    const scope = createScope({
      clock: core.clock,
      onFault: (_, error) => core.fault(served.responder.name, error),
    });
    const forget = session.scope.defer(() => scope.dispose());
    served.release = async () => {
      await forget();
      await told(session);
    };
    await served.responder.attach({ ...session, scope });
  };

  const start = async (service: Token, served: Served): Promise<void> => {
    services.set(service, served);
    try {
      await bind(served, core.session());
    } catch (error) {
      services.delete(service);
      await served.release();
      throw error;
    }
  };

  return {
    name: "serving",
    required: false,
    serve: async (name, operations) => {
      const service = asToken("service", name);
      if (services.has(service)) throw alreadyServed(service);
      const { space, clock, log } = core;
      const policy = core.policy(core.session());
      const responder = createResponder({ space, service, policy, operations, clock, log });
      const served: Served = { responder, release: async () => undefined };
      await start(service, served);
      return async () => {
        if (services.get(service) === served) services.delete(service);
        await served.release();
      };
    },
    attach: async (session) => {
      const failed = (served: Served) => (error: unknown) => core.fault(served.responder.name, error);
      await Promise.all([...services.values()].map((served) => bind(served, session).catch(failed(served))));
    },
    health: () => {
      const states = [...services.values()].map(({ responder }) => responder.health());
      return states.find(({ kind }) => kind !== "ok") ?? ({ kind: "ok" } satisfies Health);
    },
  };
}

/** The broker has dealt with everything that was said until now, or the connection is over. */
async function told(session: Session): Promise<void> {
  await flush(session).catch((error) =>
    session.log({ level: "debug", event: "serving.lost", fields: errorFields(error) }),
  );
}

function alreadyServed(service: Token): CotalError {
  return new CotalError("already-served", `this endpoint serves ${quoted(service)} already`, {
    hint: "end the other one first",
    data: { service },
  });
}
