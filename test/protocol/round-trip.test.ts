import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../src/adapters/transport/kafka/wire/protocol-error.ts';
import { everything, read, written } from './support/editions.ts';
import { Oracle } from './support/oracle.ts';
import { randomValue, shown } from './support/random-value.ts';
import { SeededRandom, seedOf } from './support/seeded-random.ts';

const VALUES_PER_VERSION = 25;
const TRUNCATED_BYTES_MAX = 1500;
const random = new SeededRandom(seedOf('round trips'));

describe('every version of every message', () => {
  test.each(everything)(
    '$message.name agrees with the oracle',
    ({ message, definition, versions }) => {
      for (const version of versions) {
        for (let i = 0; i < VALUES_PER_VERSION; i++) {
          const value = randomValue(random, definition.fields, version);
          const expected = new Oracle(definition, version).encode(value);
          const what = `v${version} of ${shown(value)}`;
          expect(written(message, version, value).equals(expected), what).toBe(true);
          const back = read(message, version, expected);
          expect(back, what).toEqual({ value, left: 0 });
          expect(written(message, version, back.value).equals(expected), what).toBe(true);
        }
      }
    },
  );

  test.each(everything)('$message.name, cut anywhere', ({ message, definition, versions }) => {
    for (const version of versions) {
      const bytes = new Oracle(definition, version)
        .encode(randomValue(random, definition.fields, version))
        .subarray(0, TRUNCATED_BYTES_MAX + 1);
      for (let length = 0; length < bytes.length; length++) {
        const cut = (): unknown => read(message, version, bytes.subarray(0, length));
        expect(cut, `v${version} at ${length} of ${bytes.toString('hex')}`).toThrow(ProtocolError);
      }
    }
  });
});
