/** Options of the doctor. */
export const doctorOptions = {
  fix: { kind: "flag", summary: "put right what can be put right without harm" },
  bundle: { kind: "flag", summary: "write all findings and logs into one file, without secrets" },
} as const;
