import type { ViewState } from "@cotal/registries";
import type { Health } from "@cotal/session";

/** How a registry can be relied on. One that was never read is down since `start`. */
export function viewHealth(state: ViewState, start: number): Health {
  switch (state.kind) {
    case "current":
      return { kind: "ok" };
    case "stale":
      return { kind: "degraded", code: "unreachable", since: state.since };
    case "loading":
      return { kind: "down", code: "unreachable", since: start };
    case "denied":
      return { kind: "down", code: state.error.code, since: start };
  }
}
