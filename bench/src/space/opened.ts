import { createScope, type Scope, systemClock } from "@cotal/session";

/** What is opened in a scope, with that scope: when opening fails half way, what is open by then is released. */
export async function opened<T extends object>(
  open: (scope: Scope) => Promise<T>,
): Promise<T & AsyncDisposable> {
  const scope = createScope({
    clock: systemClock,
    onFault: (label, error) => {
      throw new Error(label, { cause: error });
    },
  });
  try {
    return { ...(await open(scope)), [Symbol.asyncDispose]: () => scope.dispose() };
  } catch (error) {
    await scope.dispose();
    throw error;
  }
}

/** Keeps it until the scope ends. */
export function use<T extends AsyncDisposable>(scope: Scope, resource: T): T {
  scope.defer(async () => await resource[Symbol.asyncDispose]());
  return resource;
}
