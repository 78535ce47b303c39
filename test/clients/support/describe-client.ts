import { describe, expect, test } from 'vitest';
import { ENGINES } from '../../support/broker.ts';

const required = process.env['HEXLOG_REQUIRE_CLIENTS'] === '1';

/** Whether a test of a client that is absent is skipped; where the client is required it runs, and fails. */
export function isSkipped(absence: string | null): boolean {
  return absence !== null && !required;
}

type Engines = readonly (typeof ENGINES)[number][];
type EngineSuite = (storage: (typeof ENGINES)[number]) => void;

/** For suites that start many processes: an engine with files and one without. */
export const TWO_ENGINES: Engines = ['segment-files', 'memory'];

/**
 * Runs a suite against every storage engine, or those that are given, all at once, with a client that may not be there: `absence` says why it is not. The
 * suite is then skipped, and its name says so; it fails where `HEXLOG_REQUIRE_CLIENTS=1` says that the client must be there.
 */
export function describeClient(
  client: string,
  absence: string | null,
  suite: EngineSuite,
  engines: Engines = ENGINES,
): void {
  if (absence === null) describe.concurrent.each(engines)(`${client} and %s`, suite);
  else describeAbsent(client, absence, suite);
}

/**
 * The same, one engine after the other, for a client in this process that blocks threads while it waits for an answer: a few of
 * them take all those in which brokers wait for the disk.
 */
export function describeBlockingClient(
  client: string,
  absence: string | null,
  suite: EngineSuite,
): void {
  if (absence === null) describe.each(ENGINES)(`${client} and %s`, suite);
  else describeAbsent(client, absence, suite);
}

function describeAbsent(client: string, absence: string, suite: EngineSuite): void {
  if (required) test(`${client} is there`, () => expect.fail(absence));
  else describe.skip.each(ENGINES)(`${client} and %s (skipped: ${absence})`, suite);
}
