import { connectEndpoint } from "@cotal/endpoint";

const servers = process.env.COTAL_SERVERS ?? "nats://127.0.0.1:4222";
const mesh = { space: "main", servers, auth: { kind: "open" } } as const;

// An observer hears and sees, is not seen, and takes nothing from a queue.
await using observer = await connectEndpoint({
  ...mesh,
  mode: "observer",
  card: { name: "wall", kind: "endpoint" },
  channels: ["team.>"],
});
await using alice = await connectEndpoint({ ...mesh, card: { name: "alice" } });
await alice.send({ channel: "team.backend", text: "deployed" });

for await (const { channel, message } of observer.messages()) {
  console.log(`${channel}: ${JSON.stringify(message.parts)}`);
  break;
}
const live = observer.roster().filter((peer) => peer.live);
console.log(`live: ${live.map(({ name }) => name).join(", ")}`);
