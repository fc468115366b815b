import { describe, expect, test } from "vitest";
import {
  expectNoDuplicate,
  expectNoLeakAcrossOwners,
  expectNoLoss,
  expectOrder,
  type SentRecord,
} from "../src/checkers.ts";

const sent: SentRecord[] = ["1", "2", "3", "4", "5", "6"].map((id) => ({
  id,
  sender: Number(id) % 2 === 0 ? "even" : "odd",
  channel: "general",
}));
const owners = ({ id }: SentRecord): string[] => (id === "6" ? ["ann"] : ["ann", "ben"]);
const to = (owner: string, ids: string) => [...ids].map((id) => ({ id, owner }));
const all = [...to("ann", "123456"), ...to("ben", "12345")];

describe("the checkers", () => {
  test("pass a complete exchange", () => {
    expectNoLoss({ sent, received: all, owners });
    expectNoDuplicate(all);
    expectNoLeakAcrossOwners({ sent, received: all, owners });
    expectOrder({ sent, received: all });
  });

  test("name what an owner never got", () => {
    const received = [...to("ann", "12346"), ...to("ben", "1234")];
    expect(() => expectNoLoss({ sent, received, owners })).toThrow(
      /^2 lost: 5 \(general\) never reached ann, 5 \(general\) never reached ben$/,
    );
  });

  test("name the first few offenders and count all", () => {
    expect(() => expectNoLoss({ sent, received: [], owners })).toThrow(/^11 lost: (?:[^,]+, ){5}…$/);
  });

  test("name what an owner got twice", () => {
    expect(() => expectNoDuplicate([...all, ...to("ben", "33")])).toThrow(
      /^2 received again: 3 by ben, 3 by ben$/,
    );
  });

  test("name what an owner should not have got, and what nobody sent", () => {
    const received = [...all, ...to("ben", "6"), ...to("eve", "1"), ...to("ann", "9")];
    expect(() => expectNoLeakAcrossOwners({ sent, received, owners })).toThrow(
      /^3 leaked: 6 to ben, 1 to eve, 9 to ann$/,
    );
  });

  test("name what came before something older of the same sender on the same channel", () => {
    expectOrder({ sent, received: to("ann", "214365") });
    expect(() => expectOrder({ sent, received: [...to("ann", "51"), ...to("ben", "13")] })).toThrow(
      /^1 out of order: ann got 5 before 1$/,
    );
  });
});
