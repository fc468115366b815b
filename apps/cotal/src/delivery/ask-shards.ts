import type { ShardReport } from "@cotal/delivery";
import { brokerError, call } from "@cotal/session";
import { CotalError, serviceName } from "@cotal/subjects";
import { createSigner } from "@cotal/wire";
import { type CallGround, withCallSession } from "../mesh/call-session.ts";
import type { Mesh } from "../mesh/mesh.ts";
import type { At } from "../mesh/peers.ts";

/** What is known of a shard now, from whoever leads it. */
export type ShardSight =
  | { readonly kind: "led"; readonly shard: number; readonly report: ShardReport }
  /** Nobody leads it. */
  | { readonly kind: "silent"; readonly shard: number }
  | { readonly kind: "failed"; readonly shard: number; readonly error: CotalError };

/** Asks whoever leads the shards of the space. */
export function askShards(mesh: Mesh, at: At): Promise<readonly ShardSight[]> {
  return withCallSession(mesh, { ...at, profile: "operator" }, (on) => askAll(mesh, on));
}

/** The same, over a session that is there. */
export function askAll({ settings }: Mesh, on: CallGround): Promise<ShardSight[]> {
  const { space, shards } = settings;
  const signer = createSigner(on.keys, { now: on.session.brokerClock.now });
  const ask = async (shard: number): Promise<ShardSight> => {
    try {
      const reply = await call(on.session, {
        space,
        service: serviceName.deliveryAdmin(shard),
        op: "status",
        from: { id: on.id, name: "cotal" },
        signer,
        timeoutMs,
      });
      // Whoever leads is of this host, or of a release that this one knows.
      if (reply.ok) return { kind: "led", shard, report: reply.data as ShardReport };
      const { code, message } = reply.error;
      throw new CotalError("refused", `the leader of shard ${shard} refuses to tell: ${message}`, {
        hint: "let the daemon and this program have the same release: cotal down, then cotal up",
        data: { code },
      });
    } catch (failure) {
      const error = brokerError(failure);
      return error.code === "no-responders" ? { kind: "silent", shard } : { kind: "failed", shard, error };
    }
  };
  return Promise.all(Array.from({ length: shards }, (_, shard) => ask(shard)));
}

/** A leader answers at once, unless its process stands still. */
const timeoutMs = 2_000;

export function isServed(sight: ShardSight): boolean {
  return sight.kind === "led" && sight.report.state === "ready";
}
