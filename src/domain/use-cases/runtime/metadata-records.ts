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
 * Gives every event of the log to `apply`, oldest first; resolves with how many there were. Rejects when a batch is damaged or
 * missing, or when an event is one that only a newer version knows: to go on without it would be to lose it.
 */
export async function replayMetadata(
  log: PartitionLog,
  checksum: Checksum,
  apply: (event: MetadataEvent) => void,
): Promise<number> {
  let count = 0;
  for (let offset = log.startOffset; offset < log.endOffset;) {
    const bytes = await readAt(log, offset);
    const before = offset;
    for (const batch of batchesIn(bytes)) {
      const defect = defectOf(batch, offset, checksum);
      if (defect !== null) throw damaged(log, offset, defect);
      for (const record of recordsIn(batch)) {
        apply(decoded(record.value, record.offset));
        count += 1;
      }
      offset = batch.nextOffset;
    }
    if (offset === before) throw damaged(log, offset, 'it ends before its end offset');
  }
  return count;
}

async function readAt(log: PartitionLog, offset: number): Promise<Buffer> {
  try {
    return await log.read(offset, REPLAY_CHUNK_BYTES, size => Buffer.allocUnsafe(size));
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== 'corrupt') throw error;
    throw damaged(log, offset, error.message);
  }
}

/** Nothing is ever taken out of this log, so that a gap is damage, too: a recovery has set it aside. */
function defectOf(batch: RecordBatch, expected: number, checksum: Checksum): string | null {
  if (checksum.crc32c(batch.checked) !== batch.crc) return 'a batch has a wrong checksum';
  if (batch.baseOffset > expected) return `what came before offset ${batch.baseOffset} is missing`;
  return batch.nextOffset > expected ? null : 'a batch is not where it belongs';
}

function decoded(value: Buffer | null, offset: number): MetadataEvent {
  const event = JSON.parse(value?.toString() ?? 'null') as { type?: unknown } | null;
  if (isKnownEventType(event?.type)) return event as MetadataEvent;
  const type = JSON.stringify(event?.type);
  const at = `The metadata log holds an event of an unknown type at offset ${offset}`;
  throw new Error(`${at}: ${type}. A newer version wrote it; start that version.`);
}

function damaged(log: PartitionLog, offset: number, what: string): StorageError {
  const where = `The metadata log is damaged at offset ${offset} (${log.placeOf(offset)}): ${what}.`;
  const advice =
    'No broker can start on it: see what else is damaged with "hexlog storage verify", and put a backup in its place with "hexlog storage restore".';
  return new StorageError('corrupt', `${where} ${advice}`);
}
