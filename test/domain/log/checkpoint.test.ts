import { describe, expect, test } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from '../../../src/domain/model/log/checkpoint.ts';

describe('a checkpoint', () => {
  const checkpoint = {
    endOffset: Number.MAX_SAFE_INTEGER,
    timestamp: -1,
    baseOffset: 2 ** 40 + 1,
    dirty: { cleanedTo: 2 ** 41, dirtyBytes: 2 ** 42, activeOffset: -1, activeBytes: 7 },
    untimed: [
      { startOffset: 1, endOffset: 2, atMs: 1_700_000_000_000 },
      { startOffset: 5, endOffset: 2 ** 43, atMs: 1_700_000_000_001 },
    ],
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
    bytes.writeInt8(3, 0);
    expect(decodeCheckpoint(bytes)).toBeNull();
  });
});
