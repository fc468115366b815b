import yoctoSpinner from "yocto-spinner";
import type { Output } from "./output.ts";
import { printable } from "./printable.ts";

/** What is being done at the moment, for somebody who watches. */
export interface Progress {
  step(text: string): void;
  /** Takes away what is shown, before anything else is written. */
  end(): void;
}

export type ProgressStyle = "spinner" | "lines" | "none";

export function createProgress(style: ProgressStyle, output: Output): Progress {
  if (style === "none") return { step: () => undefined, end: () => undefined };
  if (style === "lines") {
    return { step: (text) => output.write(`${printable(text)} …\n`), end: () => undefined };
  }
  // Signals are the program's own business.
  const spinner = yoctoSpinner({ stream: output.stream, handleSignals: false });
  return {
    step: (text) => {
      spinner.text = printable(text);
      if (!spinner.isSpinning) spinner.start();
    },
    end: () => {
      spinner.stop();
    },
  };
}
