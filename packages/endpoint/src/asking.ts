import { call } from "@cotal/session";
import { asToken, CotalError, type ErrorCode, errorCodes } from "@cotal/subjects";
import type { ControlFailure } from "@cotal/wire";
import type { Core } from "./core.ts";
import type { Asking } from "./parts.ts";

const timeoutMs = 5_000;
/** What takes longer than an answer usually does: a join waits until everything before it is stored. */
const slow: ReadonlyMap<string, number> = new Map([["durableJoin", 30_000]]);

export function createAsking(core: Core): Asking {
  const { id, name, role } = core.self;
  const from = { id, name, ...(role !== undefined && { role }) };
  return {
    request: async (service, op, args, options = {}) => {
      const reply = await call(core.session(), {
        space: core.space,
        service: asToken("service", service),
        op,
        args,
        from,
        timeoutMs: options.timeoutMs ?? slow.get(op) ?? timeoutMs,
        ...(core.signer && { signer: core.signer }),
        ...(options.id !== undefined && { id: options.id }),
        ...(options.signal && { signal: options.signal }),
      });
      if (reply.ok) return reply.data;
      throw refusalOf(reply.error, { service, op });
    },
  };
}

/** The refusal of a service. A code that this release does not know is in the data. */
function refusalOf(
  { code, message, hint }: ControlFailure,
  asked: { service: string; op: string },
): CotalError {
  return new CotalError(isKnown(code) ? code : "refused", message, {
    ...(hint !== undefined && { hint }),
    data: { ...asked, code },
  });
}

function isKnown(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}
