import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { murmur2, partitionForKey } from '../../../src/domain/model/topic/partitioner.ts';
import { seededRandom } from '../../support/seeded-random.ts';

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
