export { type Requirement, readChapter, readSpec, specFolder } from "./spec.ts";
export { verifies } from "./verifies.ts";
