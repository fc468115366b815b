import { EventEmitter, getEventListeners } from "node:events";
import { Session } from "node:inspector/promises";
import { types } from "node:util";

/** What this process holds, counted over every object that a full collection leaves, closures and private fields included. */
export interface Census {
  readonly mapEntries: number;
  readonly setEntries: number;
  readonly arrayItems: number;
  readonly promises: number;
  readonly functions: number;
  readonly abortListeners: number;
  readonly eventListeners: number;
  readonly heapBytes: number;
}

export async function takeCensus(): Promise<Census> {
  const counts = {
    mapEntries: 0,
    setEntries: 0,
    arrayItems: 0,
    promises: 0,
    functions: 0,
    abortListeners: 0,
    eventListeners: 0,
  };
  for (const thing of await everything()) {
    if (types.isMap(thing)) counts.mapEntries += thing.size;
    else if (types.isSet(thing)) counts.setEntries += thing.size;
    else if (Array.isArray(thing)) counts.arrayItems += thing.length;
    else if (types.isPromise(thing)) counts.promises++;
    else if (typeof thing === "function") counts.functions++;
    else if (thing instanceof AbortSignal) counts.abortListeners += abortListenersOf(thing);
    else if (thing instanceof EventEmitter) counts.eventListeners += listenersOf(thing);
  }
  return { ...counts, heapBytes: process.memoryUsage().heapUsed };
}

/** A prototype has no listeners of its own, and is no signal that could be asked. */
function abortListenersOf(signal: AbortSignal): number {
  return Object.hasOwn(signal, "constructor") ? 0 : getEventListeners(signal, "abort").length;
}

function listenersOf(emitter: EventEmitter): number {
  if (!Object.hasOwn(emitter, "_events")) return 0;
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
}

const group = "census";
const shelf = Symbol.for(group);

/** All objects that are not garbage; the engine collects first. */
async function everything(): Promise<readonly object[]> {
  const inspector = new Session();
  inspector.connect();
  try {
    const prototype = await inspector.post("Runtime.evaluate", {
      expression: "Object.prototype",
      objectGroup: group,
    });
    // Its answer is missing from the types of Node.
    const { objects } = (await inspector.post("Runtime.queryObjects", {
      prototypeObjectId: prototype.result.objectId ?? "",
      objectGroup: group,
    })) as unknown as { readonly objects: { readonly objectId?: string } };
    await inspector.post("Runtime.callFunctionOn", {
      objectId: objects.objectId ?? "",
      functionDeclaration: `function () { globalThis[Symbol.for("${group}")] = this; }`,
    });
    await inspector.post("Runtime.releaseObjectGroup", { objectGroup: group });
    return Reflect.get(globalThis, shelf) as readonly object[];
  } finally {
    Reflect.deleteProperty(globalThis, shelf);
    inspector.disconnect();
  }
}
