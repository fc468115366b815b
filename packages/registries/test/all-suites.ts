import { accessSuite } from "./access-suite.ts";
import { directorySuite } from "./directory-suite.ts";
import { leaseSuite } from "./lease-suite.ts";
import { memberSuite } from "./member-suite.ts";
import { raceSuite } from "./race-suite.ts";
import { registrySuite } from "./registry-suite.ts";
import type { OpenWorld } from "./world.ts";

/** What holds of the registries, wherever they are kept: in memory as on a broker. */
export function allSuites(open: OpenWorld): void {
  registrySuite(open);
  raceSuite(open);
  memberSuite(open);
  accessSuite(open);
  leaseSuite(open);
  directorySuite(open);
}
