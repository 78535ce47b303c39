import { expect, test } from 'vitest';
import { Crc32c, slicedCrc32c } from '../../../src/adapters/runtime/crc32c.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

test('the check value of CRC-32C (RFC 3720, B.4) comes out', () => {
  const bytes = Buffer.from('123456789');
  expect(new Crc32c().crc32c(bytes)).toBe(0xe3069283);
  expect(slicedCrc32c(bytes)).toBe(0xe3069283);
});

test('the fallback agrees with the native package at every length and alignment', () => {
  const random = new SeededRandom(7);
  const bytes = Buffer.from(Array.from({ length: 600 }, () => random.integer(256)));
  const native = new Crc32c();
  for (let length = 0; length < 500; length++) {
    const part = bytes.subarray(length % 9, (length % 9) + length);
    expect(slicedCrc32c(part)).toBe(native.crc32c(part));
  }
});
