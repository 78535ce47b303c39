import { describe, expect, test } from 'vitest';
import { ENGINES } from '../../support/broker.ts';

const required = process.env['HEXLOG_REQUIRE_CLIENTS'] === '1';

/** Whether a test of a client that is absent is skipped; where the client is required it runs, and fails. */
export function isSkipped(absence: string | null): boolean {
  return absence !== null && !required;
}

/**
 * Runs a suite against every storage engine, with a client that may not be there: `absence` says why it is not. The suite is
 * then skipped, and its name says so; it fails where `HEXLOG_REQUIRE_CLIENTS=1` says that the client must be there.
 */
export function describeClient(
  client: string,
  absence: string | null,
  suite: (storage: (typeof ENGINES)[number]) => void,
): void {
  if (absence === null) describe.each(ENGINES)(`${client} and %s`, suite);
  else if (required) test(`${client} is there`, () => expect.fail(absence));
  else describe.skip.each(ENGINES)(`${client} and %s (skipped: ${absence})`, suite);
}
