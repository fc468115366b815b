import { CotalError } from "@cotal/subjects";

/** Nobody leads the shard that was asked. */
export function deliveryUnavailable(): CotalError {
  return new CotalError("delivery-unavailable", "no delivery daemon serves this now", { hint: "cotal up" });
}
