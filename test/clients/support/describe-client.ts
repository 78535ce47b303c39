import { describe, expect, test } from 'vitest';
import { ENGINES } from '../../support/broker.ts';

/**
 * Runs a suite against every storage engine, with a client that may not be there: `absence` says why it is not. The suite is
 * then skipped, and its name says so; it fails where `HEXLOG_REQUIRE_CLIENTS=1` says that the client must be there.
 */
export function describeClient(
  client: string,
  absence: string | null,
  suite: (storage: (typeof ENGINES)[number]) => void,
): void {
  const required = process.env['HEXLOG_REQUIRE_CLIENTS'] === '1';
  if (absence === null) describe.each(ENGINES)(`${client} and %s`, suite);
  else if (required) test(`${client} is there`, () => expect.fail(absence));
  else describe.skip.each(ENGINES)(`${client} and %s (skipped: ${absence})`, suite);
}
