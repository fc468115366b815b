import { connectEndpoint } from "@cotal/endpoint";

const servers = process.env.COTAL_SERVERS ?? "nats://127.0.0.1:4222";
const mesh = { space: "main", servers, auth: { kind: "open" }, channels: ["general"] } as const;

await using alice = await connectEndpoint({ ...mesh, card: { name: "alice" } });
await using bob = await connectEndpoint({ ...mesh, card: { name: "bob" } });

const { seq } = await alice.send({ channel: "general", text: "good morning" });
console.log(`stored seq ${seq}`);

for await (const { message, channel } of bob.messages()) {
  console.log(`${message.from.name} in ${channel}: ${JSON.stringify(message.parts)}`);
  break;
}
