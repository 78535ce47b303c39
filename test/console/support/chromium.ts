import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { isSkipped } from '../../clients/support/describe-client.ts';

/** Debian's, unless the environment names another one. */
const EXECUTABLE = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

const absence = existsSync(EXECUTABLE) ? null : `there is no ${EXECUTABLE}`;

/** Runs a suite in a browser that may not be there: it is skipped then, and says so, or fails where clients are required. */
export function describeInBrowser(what: string, suite: () => void): void {
  if (absence === null) describe(what, suite);
  else if (isSkipped(absence)) describe.skip(`${what} (skipped: ${absence})`, suite);
  else test(`${what}: chromium is there`, () => expect.fail(absence));
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    // CI is root in a container, where chromium's own sandbox cannot be.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
}
