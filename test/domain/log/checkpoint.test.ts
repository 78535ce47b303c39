import { describe, expect, test } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from '../../../src/domain/model/log/checkpoint.ts';

describe('a checkpoint', () => {
  const checkpoint = {
    endOffset: Number.MAX_SAFE_INTEGER,
    timestamp: -1,
    baseOffset: 2 ** 40 + 1,
    producers: Buffer.from('who was there'),
  };

  test('comes back as it was', () => {
    expect(decodeCheckpoint(encodeCheckpoint(checkpoint))).toEqual(checkpoint);
  });

  test('comes back without producers', () => {
    const none = { ...checkpoint, producers: Buffer.alloc(0) };
    expect(decodeCheckpoint(encodeCheckpoint(none))).toEqual(none);
  });

  test('that is cut is none', () => {
    const bytes = encodeCheckpoint({ ...checkpoint, producers: Buffer.alloc(0) });
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeCheckpoint(bytes.subarray(0, length))).toBeNull();
    }
  });

  test('of another version is none', () => {
    const bytes = encodeCheckpoint(checkpoint);
    bytes.writeInt8(2, 0);
    expect(decodeCheckpoint(bytes)).toBeNull();
  });
});
