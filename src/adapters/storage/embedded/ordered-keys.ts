import type { RowHead } from './row-store.ts';

/** What lies under a key, in databases that keep bytes in the order of bytes. */
export const KIND = { facts: 1, checkpoint: 2, head: 3, batches: 4 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

/** The kind, uint8; the log, uint32; the base offset of a row, uint56: all of it big-endian, so that keys lie as rows do. */
const KEY_BYTES = 12;
const TWO_TO_48 = 2 ** 48;
const HEAD_BYTES = 20;

export function keyOf(kind: Kind, log: number, base = 0): Buffer {
  return putKey(Buffer.allocUnsafe(KEY_BYTES), kind, log, base);
}

/** Writes a key into 12 bytes that are there already. */
export function putKey(key: Buffer, kind: Kind, log: number, base: number): Buffer {
  const high = Math.floor(base / TWO_TO_48);
  key[0] = kind;
  key.writeUInt32BE(log, 1);
  key[5] = high;
  key.writeUIntBE(base - high * TWO_TO_48, 6, 6);
  return key;
}

/** A key that is below all of a kind and a log, and above all that come before them. */
export function keyBefore(kind: Kind, log: number): Buffer {
  return keyOf(kind, log).subarray(0, 5);
}

/** The first key that a row at or above `base` could have; Infinity gives one that is above all of the log. */
export function keyFrom(kind: Kind, log: number, base: number): Buffer {
  return base === Infinity ? keyBefore(kind, log + 1) : keyOf(kind, log, base);
}

export function keyOfKind(kind: number): Buffer {
  return Buffer.from([kind]);
}

export function logOf(key: Uint8Array): number {
  return asBuffer(key).readUInt32BE(1);
}

export function baseOf(key: Uint8Array): number {
  const bytes = asBuffer(key);
  return bytes[5]! * TWO_TO_48 + bytes.readUIntBE(6, 6);
}

/** A head without its base offset, which is in the key. */
export function encodeHead(head: RowHead): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES);
  bytes.writeDoubleBE(head.maxTimestamp, 0);
  bytes.writeDoubleBE(head.peak, 8);
  bytes.writeUInt32BE(head.sizeInBytes, 16);
  return bytes;
}

export function decodeHead(key: Uint8Array, value: Uint8Array): RowHead {
  const bytes = asBuffer(value);
  return {
    base: baseOf(key),
    maxTimestamp: bytes.readDoubleBE(0),
    peak: bytes.readDoubleBE(8),
    sizeInBytes: bytes.readUInt32BE(16),
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
