import { verifies } from "@cotal/requirements";
import { CotalError } from "@cotal/subjects";
import { expect, test } from "vitest";
import { renderBrokerConfig, resolveBrokerConfig } from "../src/config.ts";
import type { OperatorMode } from "../src/operator-mode.ts";
import { operator, space, system } from "./operator.ts";

const rendered = (mode?: OperatorMode): string =>
  renderBrokerConfig(resolveBrokerConfig({ folder: "/srv/cotal", operator: mode }));

test("with an operator, the configuration names its accounts and where changed ones are kept", () => {
  verifies("BROK-10");
  const open = rendered().split("\n");
  expect(
    rendered(operator)
      .split("\n")
      .filter((line) => !open.includes(line)),
  ).toEqual([
    'operator: "e.o.s"',
    `system_account: "${system}"`,
    "resolver {",
    '  type: "full"',
    '  dir: "/srv/cotal/accounts"',
    '  interval: "2m"',
    "resolver_preload {",
    `  ${system}: "e.s.s"`,
    `  ${space}: "e.a.s"`,
  ]);
});

test.each([
  { operatorJwt: "" },
  { operatorJwt: 'a.b.c"\nlisten: "0.0.0.0:1' },
  { systemAccount: space.replace("C", "D") },
  { accounts: { [system]: "not a token" } },
  { accounts: { [system]: "a.b.c", "x { y": "a.b.c" } },
  { accounts: {} },
])("an operator mode with %j is refused", (part) => {
  verifies("BROK-10", "BROK-11");
  expect(() => rendered({ ...operator, ...(part as Partial<OperatorMode>) })).toThrow(CotalError);
});
