import { connectEndpoint } from "@cotal/endpoint";

const servers = process.env.COTAL_SERVERS ?? "nats://127.0.0.1:4222";
const mesh = { space: "main", servers, auth: { kind: "open" } } as const;
const tasks = 30;

const doneBy = new Map<string, number>();
const workers = await Promise.all(
  ["ann", "ben", "cleo"].map((name) => connectEndpoint({ ...mesh, card: { name, role: "builder" } })),
);
const allDone = new Promise<void>((resolve) => {
  for (const worker of workers) {
    worker.onMessage(async () => {
      doneBy.set(worker.ref.name, (doneBy.get(worker.ref.name) ?? 0) + 1);
      if ([...doneBy.values()].reduce((sum, number) => sum + number, 0) === tasks) resolve();
    });
  }
});

await using boss = await connectEndpoint({ ...mesh, mode: "sender", card: { name: "boss" } });
for (let task = 1; task <= tasks; task++) await boss.send({ role: "builder", text: `task ${task}` });

await allDone;
console.log(`${tasks} tasks, each done by one of ${workers.length}`);
await Promise.all(workers.map((worker) => worker.stop()));
