import { readFileSync } from "node:fs";
import { verifies } from "@cotal/requirements";
import { CotalError, errorCodes } from "@cotal/subjects";
import {
  AuthorizationError,
  ClosedConnectionError,
  ConnectionError,
  NoRespondersError,
  PermissionViolationError,
  ProtocolError,
  RequestError,
  TimeoutError,
  UserAuthenticationExpiredError,
} from "@nats-io/nats-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { apiError, brokerError, pullError } from "../src/broker-errors.ts";
import { ScopeEnded } from "../src/scope.ts";
import type { Captured } from "./provocations.ts";

const captured: Captured = JSON.parse(
  readFileSync(new URL("fixtures/broker-texts.json", import.meta.url), "utf8"),
);

describe("broker errors", () => {
  test.each(captured.protocol)("$provocation is $code", ({ text, code }) => {
    verifies("SESS-18");
    expect(brokerError(new ProtocolError(text)).code).toBe(code);
    expect(brokerError(new ProtocolError(`'${text}'`)).code).toBe(code);
  });

  test.each(captured.api)("$provocation is $code", ({ errCode, code }) => {
    verifies("SESS-18");
    const error = apiError({ code: 400, err_code: errCode, description: "as the broker says it" });
    expect(error).toMatchObject({ code, data: { errCode, text: "as the broker says it" } });
  });

  test("one number stands for a stream that is full and for a subject that is: the words tell them apart", () => {
    verifies("SESS-18");
    const full = { code: 503, err_code: 10077 };
    expect(apiError({ ...full, description: "maximum messages per subject exceeded" })).toMatchObject({
      code: "quota-exceeded",
      hint: "wait until its receiver has handled some of it",
    });
    expect(apiError({ ...full, description: "maximum bytes exceeded" }).code).toBe("stream-full");
  });

  test.each([
    [new UserAuthenticationExpiredError("expired"), "auth-expired"],
    [new AuthorizationError("'Authorization Violation'"), "auth-refused"],
    // The credential came too late, on a busy machine: that says nothing about the credential.
    [new AuthorizationError("'Authentication Timeout'"), "unavailable"],
    [new PermissionViolationError("no", "publish", "x"), "not-allowed"],
    [new RequestError("x", { cause: new NoRespondersError("x") }), "no-responders"],
    [new TimeoutError(), "outcome-unknown"],
    [new ClosedConnectionError(), "connection-lost"],
    [new ScopeEnded(), "connection-lost"],
    [new ConnectionError("connection refused"), "unreachable"],
    [Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND", syscall: "getaddrinfo" }), "unreachable"],
    [new RequestError("connection closed"), "connection-lost"],
    [new TypeError("a defect"), "internal"],
    [undefined, "internal"],
  ])("%s is %s", (error, code) => {
    verifies("SESS-7", "SESS-18");
    expect(brokerError(error).code).toBe(code);
  });

  test("a coded error passes as it is, and any other keeps its cause", () => {
    const coded = new CotalError("busy", "later");
    expect(brokerError(coded)).toBe(coded);
    const cause = new TimeoutError();
    expect(brokerError(cause).cause).toBe(cause);
  });

  test("whatever a broker may say has a code", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer(), fc.integer(), (text, number, status) => {
        const errors = [
          brokerError(new ProtocolError(text)),
          apiError({ code: status, err_code: number, description: text }),
          pullError({ code: status, text }) ?? new CotalError("refused", ""),
        ];
        for (const { code } of errors) expect(Object.keys(errorCodes)).toContain(code);
      }),
    );
  });
});
