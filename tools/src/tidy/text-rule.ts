import type { Rule } from "./rule.ts";

/** A rule about the lines of every tracked file, whatever its kind. */
export interface TextRule {
  readonly name: string;
  readonly where: (path: string) => boolean;
  readonly pattern: RegExp;
  readonly message: string;
}

export function textRule({ name, where, pattern, message }: TextRule): Rule {
  return {
    name,
    findings: ({ files }) =>
      files
        .filter(({ path }) => where(path))
        .flatMap(({ path, text }) =>
          text
            .split("\n")
            .flatMap((line, at) => (pattern.test(line) ? [{ path, line: at + 1, message }] : [])),
        ),
  };
}
