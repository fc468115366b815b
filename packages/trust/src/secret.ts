/** A text that shows itself only when asked to: printing or encoding what holds it gives nothing away. */
export interface Secret {
  reveal(): string;
  toJSON(): string;
}

export function secret(text: string): Secret {
  return { reveal: () => text, toJSON: () => "[secret]" };
}
