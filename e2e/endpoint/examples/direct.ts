import { connectEndpoint } from "@cotal/endpoint";

const servers = process.env.COTAL_SERVERS ?? "nats://127.0.0.1:4222";
const mesh = { space: "main", servers, auth: { kind: "open" } } as const;

await using alice = await connectEndpoint({ ...mesh, card: { name: "alice" } });
await using bob = await connectEndpoint({ ...mesh, card: { name: "bob" } });

// What the handler has done is settled when it resolves; when it throws, the message comes again.
bob.onMessage(async ({ message, sender, hops }) => {
  await bob.send({ to: sender, text: "fine, thank you", replyTo: message.id, hops: hops + 1 });
});

const { id } = await alice.send({ to: bob.ref.id, text: "how are you?" });

for await (const answer of alice.messages()) {
  console.log(`an answer to my question: ${answer.message.replyTo === id}`);
  answer.settle("handled");
  break;
}
