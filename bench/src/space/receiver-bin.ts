import { createReceivers } from "./receivers.ts";
import { serveCalls } from "./worker.ts";

const { close, ...calls } = createReceivers();
serveCalls(calls, close);
