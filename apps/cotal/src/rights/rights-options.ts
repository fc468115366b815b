import { asToken, type Token } from "@cotal/subjects";
import type { Capability } from "@cotal/trust";
import { parseSpan } from "../duration.ts";
import { oneOf } from "../one-of.ts";

/** What is minted for people and programs; the fabric mints the rest for itself. */
const mintable = ["agent", "observer", "admin", "operator"] as const;
export type Mintable = (typeof mintable)[number];
const capabilities = ["manager", "admin"] as const;

/** Options of the commands that give and take rights. */
export const rightsOptions = {
  profile: {
    kind: "value",
    placeholder: mintable.join("|"),
    summary: "what kind of user it is for (agent)",
    parse: (text: string): Mintable => oneOf("profile", mintable, text),
  },
  ttl: {
    kind: "value",
    placeholder: "span",
    summary: "how long it lives: 90m, 12h, 30d (24h for an agent, 12h else)",
    parse: (text: string): number => parseSpan(text),
  },
  serves: {
    kind: "value",
    placeholder: "services",
    summary: "control services that it answers for, with commas between",
    parse: (text: string): readonly Token[] => text.split(",").map((name) => asToken("service", name)),
  },
  capabilities: {
    kind: "value",
    placeholder: capabilities.join(","),
    summary: "services of the fabric that it may ask, with commas between",
    parse: (text: string): readonly Capability[] =>
      text.split(",").map((name) => oneOf("capabilities", capabilities, name)),
  },
  withCredential: { kind: "flag", summary: "put a credential into the link: whoever holds it is that peer" },
} as const;
