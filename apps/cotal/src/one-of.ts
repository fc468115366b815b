import { CotalError, quoted } from "@cotal/subjects";

/** The one of these values that the text of an option says. */
export function oneOf<Value extends string>(what: string, values: readonly Value[], text: string): Value {
  const value = values.find((each) => each === text);
  if (value !== undefined) return value;
  throw new CotalError("usage", `${quoted(text)} is no value for it`, {
    hint: values.map((each) => `--${what} ${each}`).join(" or "),
  });
}
