import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { murmur2, partitionForKey } from '../../../src/domain/model/topic/partitioner.ts';
import { SeededRandom, seedOfRun } from '../../support/seeded-random.ts';

const kafkajsMurmur2 = createRequire(import.meta.url)(
  'kafkajs/src/producer/partitioners/default/murmur2.js',
) as (key: Buffer) => number;

describe('murmur2', () => {
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %j is what UtilsTest of Apache Kafka expects', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });
});

describe('the partition of a key', () => {
  const seed = seedOfRun();

  test(`is the one that kafkajs chooses, for random keys of every length (HEXLOG_SEED=${seed})`, () => {
    const random = new SeededRandom(seed);
    for (let length = 0; length < 200; length++) {
      const key = Buffer.from(Array.from({ length }, () => random.integer(256)));
      const count = 1 + random.integer(50);
      expect(murmur2(key), key.toString('hex')).toBe(kafkajsMurmur2(key));
      expect(partitionForKey(key, count)).toBe((kafkajsMurmur2(key) & 0x7fffffff) % count);
    }
  });

  test('is a partition that there is, also where the hash is negative', () => {
    expect(murmur2(Buffer.from('21'))).toBeLessThan(0);
    expect(partitionForKey(Buffer.from('21'), 3)).toBe((-973932308 & 0x7fffffff) % 3);
    expect(partitionForKey(Buffer.from('anything'), 1)).toBe(0);
  });
});
