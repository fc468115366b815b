import { apiRoot, asToken, streamName, type Token } from "@cotal/subjects";
import type { ServiceImport } from "./claims.ts";
import { type IngestKeys, ingestSecret } from "./ingest.ts";

/** The resource whose secret opens the whole API. */
export const apiResource = "api";

/** Where the holder of a privileged credential asks the API of the streams. */
export function adminApi(space: { readonly ingest: IngestKeys }): string {
  return apiRoot.admin(ingestSecret(space, apiResource));
}

/** The most that a space imports; see `apiDoors`. */
export const maxImports = 5;

/** What is answered nowhere. */
const nowhere = "$JS.API.VOID";

/**
 * How the users of a space reach the API of the streams. The broker checks of no answer where it goes, and carries
 * out an empty one that arrives at its API: so its own place is led nowhere, everybody gets what does no harm
 * when it is asked with nothing, and all of it stands behind a secret.
 */
export function apiDoors(space: Token, secret: Token, systemAccount: string): readonly ServiceImport[] {
  const door = (subject: string, local: string): ServiceImport => ({
    name: local,
    subject,
    account: systemAccount,
    local_subject: local,
    type: "service",
    share: true,
  });
  const peers = (verb: string): ServiceImport =>
    door(`${apiRoot.open}.CONSUMER.${verb}`, `${apiRoot.peers}.CONSUMER.${verb}`);
  return [
    door(`${nowhere}.>`, `${apiRoot.open}.>`),
    door(`${apiRoot.open}.>`, `${apiRoot.admin(asToken("secret", secret))}.>`),
    peers("CREATE.>"),
    peers("INFO.*.*"),
    peers(`DELETE.${streamName.chat(space)}.*`),
  ];
}
