import { connectEndpoint } from "@cotal/endpoint";

const servers = process.env.COTAL_SERVERS ?? "nats://127.0.0.1:4222";
const mesh = { space: "main", servers, auth: { kind: "open" }, channels: ["general"] } as const;
/** Two bots that answer each other would never end. */
const maxHops = 8;

await using bot = await connectEndpoint({ ...mesh, card: { name: "clock" } });
bot.onMessage(async ({ message, channel, hops, historical }) => {
  const isAsked = message.mentions?.includes("clock") === true;
  if (!isAsked || channel === undefined || historical || hops >= maxHops) return;
  await bot.send({ channel, text: "it is late", replyTo: message.id, hops: hops + 1 });
});

await using alice = await connectEndpoint({ ...mesh, card: { name: "alice" } });
const { id } = await alice.send({ channel: "general", text: "what time is it?", mentions: ["clock"] });

for await (const { message } of alice.messages()) {
  if (message.replyTo !== id) continue;
  console.log(`${message.from.name}: ${JSON.stringify(message.parts)}`);
  break;
}
