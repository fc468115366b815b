import { serveCalls } from "../space/worker.ts";
import { createCrowd } from "./crowd.ts";

const { close, ...calls } = createCrowd();
serveCalls(calls, close);
