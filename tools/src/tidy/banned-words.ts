import { placeOf } from "../repo/place.ts";
import { commentsOf } from "../syntax/comments.ts";
import { syntaxOf } from "../syntax/source.ts";
import type { Rule } from "./rule.ts";

const plans = /\b(TODO|FIXME|XXX)\b/;
const excuses = /\b(hack|for now)\b/i;

/** A comment states a contract or a reason, in the present tense; plans live elsewhere. */
export const bannedWords: Rule = {
  name: "banned-words",
  findings: ({ files }) =>
    files
      .filter(({ path }) => placeOf(path) !== undefined)
      .flatMap((file) =>
        commentsOf(syntaxOf(file)).flatMap(({ line, text }) => {
          const word = (plans.exec(text) ?? excuses.exec(text))?.[1];
          return word === undefined ? [] : [{ path: file.path, line, message: `"${word}" in a comment` }];
        }),
      ),
};
