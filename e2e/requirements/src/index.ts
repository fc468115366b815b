export { indexRules, type Requirement, readChapter, readRules, specFolder } from "./spec.ts";
export { verifies } from "./verifies.ts";
