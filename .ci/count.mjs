// Adds up what the tests and the checks have left in a folder of results. Plain JavaScript, because it has
// to tell the tale also when nothing could be installed.
import { readFileSync } from "node:fs";

const [folder, ...codes] = process.argv.slice(2);
const [testCode, checkCode, leftoverCode] = codes.map(Number);

const say = (line) => process.stdout.write(`${line}\n`);

/** A part that left no result, or ended badly without saying what failed, counts as one failure. */
function part(name, file, code, count) {
  let counted = { passed: 0, failed: 0 };
  try {
    counted = count(JSON.parse(readFileSync(`${folder}/${file}`, "utf8")));
  } catch (error) {
    say(`${name}: no result (${error.message})`);
  }
  const endedBadly = counted.failed === 0 && (code !== 0 || counted.passed === 0);
  if (endedBadly) say(`${name}: exit code ${code} with ${counted.passed} passed and none failed`);
  return { passed: counted.passed, failed: counted.failed + (endedBadly ? 1 : 0) };
}

/** A file that cannot be loaded has no tests to fail, and a test that did not run has not passed. */
function countTests({ testResults, numPassedTests, numFailedTests, numPendingTests, numTodoTests }) {
  const unloaded = testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  );
  const failed = numFailedTests + numPendingTests + numTodoTests + unloaded.length;
  return { passed: numPassedTests, failed };
}

const parts = [
  part("tests", "tests.json", testCode, countTests),
  part("checks", "check.json", checkCode, ({ passed, failed }) => ({ passed, failed })),
  { passed: 0, failed: leftoverCode === 0 ? 0 : 1 },
];
const passed = parts.reduce((sum, each) => sum + each.passed, 0);
const failed = parts.reduce((sum, each) => sum + each.failed, 0);
say(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
