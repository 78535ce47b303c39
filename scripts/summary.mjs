// Prints the plain closing line of a test run from vitest's JSON report.
import { readFileSync } from 'node:fs';

const { numPassedTests, numFailedTests, numFailedTestSuites, numPendingTests } = JSON.parse(
  readFileSync(process.argv[2], 'utf8'),
);
// A file that cannot be loaded fails no test of its own, and yet it failed.
const failed = numFailedTests > 0 ? numFailedTests : numFailedTestSuites;
const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : '';
console.log(`${numPassedTests} passed, ${failed} failed${skipped}`);
process.exit(failed > 0 || numPassedTests === 0 ? 1 : 0);
