import type { RecordBatch } from '../../model/log/record-batch.ts';
import { batchesIn } from '../../model/log/record-batch.ts';
import { recordsIn } from '../../model/log/records.ts';
import { isKnownEventType, type MetadataEvent } from '../../model/cluster/metadata-events.ts';
import type { Checksum } from '../../../ports/checksum.ts';
import { StorageError, type PartitionLog } from '../../../ports/log-storage.ts';

const REPLAY_CHUNK_BYTES = 1024 * 1024;

/** An event as a record: its type is the key, so that a tool that shows the log says what happened; the value is JSON. */
export function encodeMetadataEvent(event: MetadataEvent): { key: Buffer; value: Buffer } {
  return { key: Buffer.from(event.type), value: Buffer.from(JSON.stringify(event)) };
}

/**
 * Gives every event of the log to `apply`, oldest first; resolves with how many there were. Rejects when a batch is damaged, or
 * when an event is one that only a newer version knows: to go on without it would be to lose it.
 */
export async function replayMetadata(
  log: PartitionLog,
  checksum: Checksum,
  apply: (event: MetadataEvent) => void,
): Promise<number> {
  let count = 0;
  for (let offset = log.startOffset; offset < log.endOffset;) {
    const bytes = await log.read(offset, REPLAY_CHUNK_BYTES, size => Buffer.allocUnsafe(size));
    const before = offset;
    for (const batch of batchesIn(bytes)) {
      for (const event of eventsOf(batch, checksum)) {
        apply(event);
        count += 1;
      }
      offset = batch.nextOffset;
    }
    if (offset === before) throw damaged(offset, 'ends before its end offset');
  }
  return count;
}

function* eventsOf(batch: RecordBatch, checksum: Checksum): Generator<MetadataEvent> {
  if (checksum.crc32c(batch.checked) !== batch.crc) {
    throw damaged(batch.baseOffset, 'has a batch with a wrong checksum');
  }
  for (const { offset, value } of recordsIn(batch)) yield decoded(value, offset);
}

function decoded(value: Buffer | null, offset: number): MetadataEvent {
  const event = JSON.parse(value?.toString() ?? 'null') as { type?: unknown } | null;
  if (isKnownEventType(event?.type)) return event as MetadataEvent;
  const type = JSON.stringify(event?.type);
  const at = `The metadata log holds an event of an unknown type at offset ${offset}`;
  throw new Error(`${at}: ${type}. A newer version wrote it; start that version.`);
}

function damaged(offset: number, what: string): StorageError {
  return new StorageError('corrupt', `The metadata log ${what} at offset ${offset}.`);
}
