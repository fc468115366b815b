import { verifies } from "@cotal/requirements";
import { requestApi, type Session, store } from "@cotal/session";
import { deadSubjects, ingestKeySubject, streamName, type Token } from "@cotal/subjects";
import { ingestOfDead, ingestSecret } from "@cotal/trust";
import { expect, test } from "vitest";
import { space, startServiceSpace } from "./support-service.ts";

test("the delivery daemon puts away what can never be delivered, by the secret of that store alone", async () => {
  verifies("TRUST-55");
  await using world = await startServiceSpace();
  const bury = (secret: Token) => (session: Session) =>
    store(session, {
      subject: ingestKeySubject(secret, deadSubjects(space).replace(">", "x")),
      data: "{}",
    });
  const secret = ingestSecret(world.fixture.space, ingestOfDead(world.fixture.space));
  const foreign = ingestSecret(world.fixture.space, "another");
  expect(await world.as({ profile: "delivery" }, bury(secret))).toMatchObject({
    stream: streamName.dead(space),
  });
  await expect(world.as({ profile: "delivery" }, bury(foreign))).rejects.toMatchObject({
    code: "no-responders",
  });
  await expect(world.as({ profile: "agent" }, bury(secret))).rejects.toMatchObject({ code: "not-allowed" });
  const stream = streamName.dead(space);
  const drop = (session: Session) => requestApi(session, `STREAM.PURGE.${stream}`);
  const look = (session: Session) => requestApi(session, `STREAM.MSG.GET.${stream}`, { seq: 1 });
  for (const verb of [look, drop]) {
    for (const profile of ["agent", "operator", "manager", "observer"] as const) {
      await expect(world.as({ profile }, verb)).rejects.toMatchObject({ code: "not-allowed" });
    }
    expect(await world.as({ profile: "delivery" }, verb)).toBeDefined();
  }
});
