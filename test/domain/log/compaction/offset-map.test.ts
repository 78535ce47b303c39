import { describe, expect, test } from 'vitest';
import { Sha256 } from '../../../../src/adapters/runtime/sha256.ts';
import {
  OffsetMap,
  offsetMapBytes,
} from '../../../../src/domain/model/log/compaction/offset-map.ts';
import { SeededRandom, seedOfRun } from '../../../support/seeded-random.ts';

const sha256 = new Sha256();
const digest = (key: Buffer): Buffer => sha256.digest(key);
const key = (text: string): Buffer => Buffer.from(text);

describe('the map of offsets', () => {
  test('knows the last offset of each key', () => {
    const map = new OffsetMap(1024, 10, digest);
    expect(map.get(key('a'))).toBe(-1);
    expect(map.put(key('a'), 0)).toBe(true);
    expect(map.put(key(''), 2 ** 52)).toBe(true);
    expect(map.put(key('a'), 7)).toBe(true);
    expect([map.get(key('a')), map.get(key('')), map.get(key('b'))]).toEqual([7, 2 ** 52, -1]);
    expect(map.size).toBe(2);
  });

  test('takes no new key when its memory is used up, and goes on with those it has', () => {
    const map = new OffsetMap(24 * 8, 1000, digest);
    const taken = Array.from({ length: 8 }, (_, at) => map.put(key(`k${at}`), at));
    expect(taken).toEqual([true, true, true, true, true, true, false, false]);
    expect(map.put(key('k3'), 30)).toBe(true);
    expect([map.get(key('k3')), map.get(key('k7')), map.size]).toEqual([30, -1, 6]);
  });

  test('has room for as many keys as it was asked for', () => {
    for (const keys of [1, 2, 3, 10, 1000]) {
      const map = new OffsetMap(offsetMapBytes(keys), keys, digest);
      for (let at = 0; at < keys; at++) expect(map.put(key(`k${at}`), at)).toBe(true);
    }
  });

  test('keeps apart keys whose digests begin alike', () => {
    const alike = (bytes: Buffer): Buffer => Buffer.concat([Buffer.alloc(15), bytes]);
    const map = new OffsetMap(1024, 3, alike);
    for (let at = 0; at < 3; at++) map.put(Buffer.from([at]), at);
    for (let at = 0; at < 3; at++) expect(map.get(Buffer.from([at]))).toBe(at);
  });

  test('says what a Map says', () => {
    const random = new SeededRandom(seedOfRun());
    const map = new OffsetMap(24 * 700, 500, digest);
    const model = new Map<string, number>();
    for (let offset = 0; offset < 2000; offset++) {
      const text = `key-${random.integer(500)}`;
      expect(map.put(key(text), offset), `seed ${random.seed}`).toBe(true);
      model.set(text, offset);
    }
    for (let at = 0; at < 500; at++) {
      const text = `key-${at}`;
      expect(map.get(key(text)), `seed ${random.seed}`).toBe(model.get(text) ?? -1);
    }
  });
});
