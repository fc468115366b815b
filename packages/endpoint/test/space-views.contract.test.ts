import { eventually, withSession } from "@cotal/harness";
import { brokerOfFile } from "@cotal/harness/broker-of-file";
import { channelsRegistry, createRegistryWriter } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import { requestApi } from "@cotal/session";
import { asChannel, asChannelPattern, bucketName, registryKey, streamName } from "@cotal/subjects";
import type { ChannelConfig } from "@cotal/wire";
import { describe, expect, test } from "vitest";
import { codeOf, makeOpenSpace, newPeer, secretOf, space, startPeer } from "./support-presence.ts";

const broker = brokerOfFile();
const url = (): string => broker().url;
const team = asChannel("team.backend");

const configure = (key: string, config: Omit<ChannelConfig, "v">): Promise<unknown> =>
  withSession(url(), (session) =>
    createRegistryWriter(channelsRegistry, { space, secret: secretOf(bucketName(space, "channels")) }).put(
      session,
      key,
      { v: 1, ...config },
    ),
  );

describe("what an endpoint knows of its space", () => {
  test("is nothing where no space was set up, and the error says what to do", async () => {
    verifies("ENDP-33");
    await using peer = await newPeer(url());
    const failure = await peer.link.start().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "unknown-space", hint: expect.stringContaining("cotal up") });
    expect(() => peer.views.space()).toThrow("cannot be told now");
    // Nothing is made of a wrong name.
    const { streams } = await withSession(url(), (session) =>
      requestApi<{ streams: string[] | null }>(session, "STREAM.NAMES"),
    );
    expect(streams).toBeNull();
  });

  test("is nothing either where its set-up was cut off before its end", async () => {
    verifies("ENDP-33");
    await makeOpenSpace(url());
    await withSession(url(), (session) =>
      requestApi(session, `STREAM.PURGE.${streamName.registry(space, "space")}`).catch(() =>
        requestApi(session, `STREAM.DELETE.${streamName.registry(space, "space")}`),
      ),
    );
    expect(await codeOf(startPeer(url()))).toBe("unknown-space");
  });

  test("is for each channel its own configuration, the defaults, and the class of the space, field by field", async () => {
    verifies("ENDP-43", "WIRE-7");
    await makeOpenSpace(url(), { defaultClass: "live" });
    await using peer = await startPeer(url(), { mode: "observer" });
    let told = 0;
    const stop = peer.views.onChannels(() => told++);
    const config = () => peer.views.channelConfig(team);
    expect(config()).toEqual({ v: 1, replay: true, deliveryClass: "live" });
    await configure(registryKey.defaults, { replay: false });
    await eventually(() => expect(config()).toEqual({ v: 1, replay: false, deliveryClass: "live" }));
    await configure(team, { deliveryClass: "durable" });
    await eventually(() => expect(config()).toEqual({ v: 1, replay: false, deliveryClass: "durable" }));
    expect(peer.views.channelConfig(asChannelPattern("team.>")).deliveryClass).toBe("live");
    expect(told).toBe(2);
    stop();
    await configure(registryKey.defaults, { deliveryClass: "durable" });
    await eventually(() => expect(peer.views.channelConfig(asChannel("lab")).deliveryClass).toBe("durable"));
    expect(told).toBe(2);
    expect(peer.views.directory()).toBeNull();
  });
});
