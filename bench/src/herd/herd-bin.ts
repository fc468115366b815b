import { serveCalls } from "../space/worker.ts";
import { createHerd } from "./herd.ts";

const { close, ...calls } = createHerd();
serveCalls(calls, close);
