/** What this release speaks. A signal to readers, not a negotiation. */
export const protocolVersion = "0.3";
