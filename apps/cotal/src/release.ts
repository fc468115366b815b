import { protocolVersion } from "@cotal/wire";
import { programVersion } from "./program-version.ts";

/** Which program something is, and what it speaks; a part is absent where an older one does not say. */
export interface Release {
  readonly version?: string | undefined;
  readonly protocol?: string | undefined;
}

export function thisRelease(): Required<Release> {
  return { version: programVersion(), protocol: protocolVersion };
}

export function isThisRelease({ version, protocol }: Release): boolean {
  const own = thisRelease();
  return version === own.version && protocol === own.protocol;
}

export function releaseText({ version, protocol }: Release): string {
  if (version === undefined) return "an older cotal";
  return `cotal ${version}, protocol ${protocol ?? "unknown"}`;
}

/** What of a record says so. */
export function releaseIn({ version, protocol }: Readonly<Record<string, unknown>>): Release {
  return {
    ...(typeof version === "string" && { version }),
    ...(typeof protocol === "string" && { protocol }),
  };
}
