import { BATCHES_KEPT, ProducerEntry, type BatchFacts } from './producer-entry.ts';
import { int64At, putInt64 } from './record-batch.ts';

/**
 * What is remembered of producers, as bytes:
 *
 *     version int8 | checksum int32, over all that follows | producers int32 |
 *     (producerId int64, epoch int16, batches int8,
 *      (lastSequence int32, lastOffset int64, offsetDelta int32, timestamp int64)*)*
 */
const VERSION = 1;
const CHECKSUM_AT = 1;
const CHECKED_FROM = 5;
const HEADER_BYTES = 9;
const ENTRY_BYTES = 11;
const BATCH_BYTES = 24;

export function encodeProducers(entries: readonly ProducerEntry[]): Buffer {
  const batchCount = entries.reduce((sum, entry) => sum + entry.batches.length, 0);
  const bytes = Buffer.alloc(
    HEADER_BYTES + entries.length * ENTRY_BYTES + batchCount * BATCH_BYTES,
  );
  bytes.writeInt8(VERSION, 0);
  bytes.writeInt32BE(entries.length, CHECKED_FROM);
  let at = HEADER_BYTES;
  for (const entry of entries) at = putEntry(bytes, entry, at);
  bytes.writeInt32BE(fnv1a(bytes, CHECKED_FROM), CHECKSUM_AT);
  return bytes;
}

/** The producers that were encoded, or null when the bytes are damaged, cut or of another version. */
export function decodeProducers(bytes: Buffer): ProducerEntry[] | null {
  if (bytes.length < HEADER_BYTES || bytes.readInt8(0) !== VERSION) return null;
  if (fnv1a(bytes, CHECKED_FROM) !== bytes.readInt32BE(CHECKSUM_AT)) return null;
  const entries: ProducerEntry[] = [];
  let at = HEADER_BYTES;
  for (let left = bytes.readInt32BE(CHECKED_FROM); left > 0; left--) {
    if (at + ENTRY_BYTES > bytes.length) return null;
    const batchCount = bytes.readInt8(at + 10);
    const next = at + ENTRY_BYTES + batchCount * BATCH_BYTES;
    if (batchCount < 0 || batchCount > BATCHES_KEPT || next > bytes.length) return null;
    entries.push(entryAt(bytes, at, batchCount));
    at = next;
  }
  return at === bytes.length ? entries : null;
}

function putEntry(bytes: Buffer, entry: ProducerEntry, at: number): number {
  putInt64(bytes, entry.producerId, at);
  bytes.writeInt16BE(entry.producerEpoch, at + 8);
  bytes.writeInt8(entry.batches.length, at + 10);
  let next = at + ENTRY_BYTES;
  for (const batch of entry.batches) {
    bytes.writeInt32BE(batch.lastSequence, next);
    putInt64(bytes, batch.lastOffset, next + 4);
    bytes.writeInt32BE(batch.offsetDelta, next + 12);
    putInt64(bytes, batch.timestamp, next + 16);
    next += BATCH_BYTES;
  }
  return next;
}

function entryAt(bytes: Buffer, at: number, batchCount: number): ProducerEntry {
  const batches: BatchFacts[] = [];
  for (let i = 0; i < batchCount; i++) {
    const start = at + ENTRY_BYTES + i * BATCH_BYTES;
    batches.push({
      lastSequence: bytes.readInt32BE(start),
      lastOffset: int64At(bytes, start + 4),
      offsetDelta: bytes.readInt32BE(start + 12),
      timestamp: int64At(bytes, start + 16),
    });
  }
  return new ProducerEntry(int64At(bytes, at), bytes.readInt16BE(at + 8), batches);
}

/** FNV-1a: enough against rot in a few kilobytes of advice, and it needs no port. */
function fnv1a(bytes: Buffer, from: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = from; at < bytes.length; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash;
}
