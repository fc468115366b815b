import { type Attempt, allTargets, ids, may, ownAccount, subjectOf } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Permissions, type Profile, permissionsFor, profileNames, type Scope } from "../src/index.ts";
import { refusalOf } from "./refusal.ts";

const place = { space: "acme", shards: 2, id: ids.own };
const reading = { allowSubscribe: ["team.>", "lab"] };

/** One user of each profile, as the model knows it. */
const scopes: Readonly<Record<Profile, Scope>> = {
  ...(Object.fromEntries(profileNames.map((profile) => [profile, place])) as Record<Profile, Scope>),
  agent: { ...place, ...reading, allowPublish: ["lab", "team.a"], role: "review" },
  observer: { ...place, ...reading },
  admin: { ...place, ...reading },
  census: { ...place, account: ownAccount },
};

/** As the broker compares: what is asked for is plain text, whatever stands in it. */
function allows(list: readonly string[], asked: string): boolean {
  return list.some((pattern) => {
    const [have, want] = [pattern.split("."), asked.split(".")];
    return (
      have.every((token, at) => {
        if (token === ">") return want.length > at;
        return want[at] !== undefined && (token === "*" || token === want[at]);
      }) &&
      (have.at(-1) === ">" || have.length === want.length)
    );
  });
}

function isAllowed({ pub, sub }: Permissions, { verb, target }: Attempt): boolean {
  return allows((verb === "publish" ? pub : sub).allow, subjectOf(target));
}

describe.each(profileNames)("the profile %s", (profile) => {
  const granted = permissionsFor(profile, scopes[profile]);

  test("has these rights and no others", () => {
    verifies("TRUST-28");
    expect(granted).toMatchSnapshot();
  });

  test("may do what the model says, and nothing else", () => {
    verifies("TRUST-54");
    const attempts = allTargets().flatMap((target) =>
      (["publish", "subscribe"] as const).map((verb) => ({ verb, target })),
    );
    const surprises = attempts
      .filter((attempt) => isAllowed(granted, attempt) !== may(profile, attempt))
      .map(
        (attempt) =>
          `${may(profile, attempt) ? "cannot" : "can"} ${attempt.verb} ${subjectOf(attempt.target)}`,
      );
    expect(surprises).toEqual([]);
    expect(attempts.some((attempt) => may(profile, attempt))).toBe(true);
  });

  test("allows something and never everything", () => {
    verifies("TRUST-29", "TRUST-28");
    for (const { allow } of [granted.pub, granted.sub]) {
      expect(allow.length).toBeGreaterThan(0);
      for (const subject of allow) expect(subject).not.toMatch(/^[*>]|^(cotal|\$JS|\$KV|\$SYS|_INBOX)\.[*>]/);
      expect(new Set(allow).size).toBe(allow.length);
    }
    expect(JSON.stringify(granted)).not.toContain("deny");
  });

  test("names consumers exactly, where they are not of its own making for others", () => {
    verifies("TRUST-30");
    const open = granted.pub.allow.filter((subject) =>
      /^\$JS\.(API\.CONSUMER\.(CREATE|INFO|DELETE|RESET|MSG\.NEXT)|ACK)\.[^.]+\.\*/.test(subject),
    );
    const makesForOthers =
      /^\$JS\.API\.CONSUMER\.(CREATE|DELETE|INFO|RESET)\.(DM_acme|TASK_acme|DLV_acme_\d)\.\*/;
    if (profile === "provisioner" || profile === "delivery") {
      for (const subject of open) expect(subject).toMatch(makesForOthers);
    } else {
      expect(open).toEqual([]);
    }
  });

  test("shows no secret", () => {
    verifies("TRUST-34");
    for (const subject of granted.pub.allow)
      expect(subject).toMatch(/^(in\.\*|adm\.\*|js\.CONSUMER|cotal|\$)/);
  });
});

test("the model and the permissions are compared on many attempts", () => {
  verifies("TRUST-54");
  expect(allTargets().length * 2 * profileNames.length).toBeGreaterThan(100_000);
});

test("the same scope always has the same rights, and nothing of it is changed", () => {
  verifies("TRUST-28");
  const scope = Object.freeze({ ...scopes.agent });
  expect(permissionsFor("agent", scope)).toEqual(permissionsFor("agent", scope));
});

describe("an agent", () => {
  const rights = (more: Partial<Scope>): Permissions => permissionsFor("agent", { ...place, ...more });

  test("may post nowhere and read nothing unless it was said", () => {
    const { pub, sub } = rights({});
    expect(pub.allow.filter((subject) => subject.includes(".chat."))).toEqual([
      `js.CONSUMER.CREATE.CHAT_acme.sent_${ids.own}.cotal.acme.chat.${ids.own}.>`,
    ]);
    expect(sub.allow.filter((subject) => subject.includes(".chat."))).toEqual([]);
  });

  test("cannot create a consumer whose name begins with dlv_", () => {
    verifies("TRUST-31");
    for (const serves of [[], ["search"]]) {
      const { pub } = rights({ ...reading, serves, role: "dlv_x", capabilities: ["manager", "admin"] });
      const creates = pub.allow.filter((subject) => /^(js|adm\.\*)\.CONSUMER\.CREATE\./.test(subject));
      expect(creates.length).toBeGreaterThan(0);
      for (const subject of creates)
        expect(subject.split(".").at(subject.startsWith("js") ? 4 : 5)).toMatch(/^(hist|hist2|w|w2|sent)_U/);
    }
  });

  test("acknowledges nothing that it may not read", () => {
    verifies("TRUST-32");
    const { pub } = rights({ role: "review" });
    const acks = pub.allow.filter((subject) => subject.startsWith("$JS.ACK."));
    expect(acks).toHaveLength(3);
    for (const ack of acks) {
      const place = ack.slice("$JS.ACK.".length, -".>".length);
      expect(pub.allow).toContain(`$JS.API.CONSUMER.MSG.NEXT.${place}`);
    }
  });

  test("asks the manager only when it was given the capability", () => {
    const asked = (more: Partial<Scope>): string[] =>
      rights(more)
        .pub.allow.filter((subject) => subject.includes(".ctl."))
        .map((subject) => subject.split(".")[3] ?? "");
    expect(asked({})).toEqual(["delivery-0", "delivery-1", "self"]);
    expect(asked({ capabilities: ["admin"] })).toEqual(["delivery-0", "delivery-1", "self", "admin"]);
  });

  test("answers for the services that it was given, where their answers belong", () => {
    verifies("TRUST-33");
    const before = rights({});
    const after = rights({ serves: ["search"] });
    expect(after.sub.allow.filter((subject) => !before.sub.allow.includes(subject))).toEqual([
      "cotal.acme.ctl.search.*",
    ]);
    expect(after.pub.allow.filter((subject) => !before.pub.allow.includes(subject))).toEqual([
      "cotal.acme.ctl.search.*.reply.*",
    ]);
  });
});

describe("a scope that does not fit is refused", () => {
  const bad: readonly [Partial<Scope>, string][] = [
    [{ space: "*" }, "bad-token"],
    [{ space: "a.b" }, "bad-token"],
    [{ space: "é" }, "bad-token"],
    [{ id: "*" }, "bad-owner"],
    [{ id: `${ids.own}.x` }, "bad-owner"],
    [{ shards: 0 }, "bad-number"],
    [{ shards: 1.5 }, "bad-number"],
    [{ allowSubscribe: ["a b"] }, "bad-pattern"],
    [{ allowSubscribe: ["a..b"] }, "bad-pattern"],
    [{ allowSubscribe: [">.a"] }, "bad-pattern"],
    [{ allowPublish: ["a*"] }, "bad-pattern"],
    [{ allowPublish: [""] }, "bad-pattern"],
    [{ role: ">" }, "bad-token"],
    [{ role: "ro.le" }, "bad-token"],
    [{ capabilities: ["root" as never] }, "bad-token"],
    [{ serves: ["*"] }, "bad-token"],
    [{ serves: ["manager"] }, "reserved-name"],
    [{ serves: ["Self"] }, "reserved-name"],
    [{ serves: ["delivery-0"] }, "reserved-name"],
    [{ serves: ["delivery-admin-1"] }, "reserved-name"],
    [{ account: ownAccount }, "bad-order"],
    [{ unknown: 1 } as never, "bad-order"],
  ];

  test.each(bad)("%j", (part, code) => {
    verifies("TRUST-6", "TRUST-44");
    expect(refusalOf(() => permissionsFor("agent", { ...place, ...part })).code).toBe(code);
  });

  test("a part that the profile does not take", () => {
    verifies("TRUST-6");
    expect(refusalOf(() => permissionsFor("observer", { ...place, role: "review" })).code).toBe("bad-order");
    expect(refusalOf(() => permissionsFor("root" as Profile, place)).code).toBe("bad-order");
    expect(refusalOf(() => permissionsFor("constructor" as Profile, place)).code).toBe("bad-order");
    expect(refusalOf(() => permissionsFor("census", { ...place, account: "*" })).code).toBe("bad-key");
    expect(refusalOf(() => permissionsFor("census", place)).code).toBe("bad-key");
  });

  test("a right to read that ends in *, which the broker would take for >", () => {
    verifies("TRUST-48");
    for (const pattern of ["*", "team.*", "*.*"]) {
      const refusal = refusalOf(() => permissionsFor("agent", { ...place, allowSubscribe: [pattern] }));
      expect(refusal.code).toBe("bad-pattern");
      expect(refusal.hint).toContain(`${pattern.slice(0, -1)}>`);
    }
    const { sub } = permissionsFor("agent", {
      ...place,
      allowSubscribe: ["*.news"],
      allowPublish: ["team.*"],
    });
    expect(sub.allow).toContain("cotal.acme.chat.*.*.news");
  });

  test("more than 200 patterns", () => {
    verifies("TRUST-7");
    const many = Array.from({ length: 201 }, (_, at) => `c${at}`);
    const codeFor = (part: Partial<Scope>): string =>
      refusalOf(() => permissionsFor("agent", { ...place, ...part })).code;
    expect(codeFor({ allowSubscribe: many })).toBe("too-many-patterns");
    expect(codeFor({ allowSubscribe: many.slice(0, 100), allowPublish: many.slice(0, 101) })).toBe(
      "too-many-patterns",
    );
    expect(permissionsFor("agent", { ...place, allowSubscribe: many.slice(1) }).sub.allow.length).toBe(205);
  });

  test("whatever text stands for a name, no right reaches beyond it", () => {
    verifies("TRUST-6", "TRUST-44");
    const nasty = fc.oneof(fc.constantFrom("*", ">", "a.*", "a.>", "x.y", "é", " ", ""), fc.string());
    fc.assert(
      fc.property(nasty, (role) => {
        try {
          const { pub } = permissionsFor("agent", { ...place, role });
          expect(pub.allow).toContain(`$JS.API.CONSUMER.MSG.NEXT.TASK_acme.svc_${role}`);
          expect(role).toMatch(/^[\w-]{1,64}$/);
        } catch (error) {
          expect(error).toMatchObject({ code: "bad-token" });
        }
      }),
    );
  });
});
