import { type Ageing, agedUpTo, type DayMarks, type StreamLook, withLook } from "./core/day-marks.ts";

/** How old direct messages are. It goes from leader to leader with the checkpoint. */
export interface DirectAges {
  readonly marks: DayMarks;
  /** Notes how their stream is. The answer is up to where everything in it is old enough to go; 0 is nothing. */
  note(look: StreamLook): number;
}

export function createDirectAges(before: DayMarks, ageing: Ageing): DirectAges {
  let marks = before;
  return {
    get marks() {
      return marks;
    },
    note: (look) => {
      marks = withLook(marks, look, ageing);
      return agedUpTo(marks, look.now, ageing);
    },
  };
}
