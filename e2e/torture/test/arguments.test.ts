import { expect, test } from "vitest";
import { readArguments } from "../src/arguments.ts";

test("seed, minutes and faults are read, and each has a default", () => {
  expect(readArguments([])).toMatchObject({ seconds: 60, faults: undefined });
  expect(
    readArguments(["--seed", "7", "--minutes", "0.5", "--faults", "broker killed, peer killed"]),
  ).toEqual({
    seed: 7,
    seconds: 30,
    faults: ["broker killed", "peer killed"],
  });
  expect(readArguments(["--scenario", "disk full"])).toMatchObject({ faults: ["disk full"] });
});

test.each([["--minutes", "long"], ["--seed", ""], ["--scenario", "flood"], ["--what"], ["word"]])(
  "%s %s is refused with what would be right",
  (...words) => {
    expect(() => readArguments(words)).toThrow(
      expect.objectContaining({ code: "usage", hint: expect.any(String) }),
    );
  },
);
