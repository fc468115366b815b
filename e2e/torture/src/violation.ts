/** Something that was promised and is not so. */
export interface Violation {
  readonly of:
    | "loss"
    | "leak"
    | "right"
    | "repetition"
    | "order"
    | "gap"
    | "presence"
    | "status"
    | "stuck"
    | "left-over"
    | "crash";
  readonly text: string;
}
