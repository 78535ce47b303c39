import { batchesIn } from '../model/log/record-batch.ts';
import type { LogStorage, PartitionKey, PartitionLog } from '../../ports/log-storage.ts';
import { walkLog } from './runtime/log-walk.ts';
import { METADATA_LOG_SETTINGS } from './runtime/metadata-log.ts';

/** What lies in one log. */
export interface MeasuredLog extends PartitionKey {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly epoch: number;
  readonly sizeInBytes: number;
  readonly batches: number;
  readonly records: number;
  /** Files, or whatever the engine divides a log into, that its batches lie in. */
  readonly segments: number;
}

/** Measures every log of a store that no broker has, by walking it. It writes nothing. */
export class MeasureLogs {
  /** In the order of topics and partitions. Rejects with a StorageError. */
  async execute(storage: LogStorage): Promise<MeasuredLog[]> {
    const measured: MeasuredLog[] = [];
    const stored = [...(await storage.list())].sort(byName);
    for (const { topicId, topic, partition, epoch } of stored) {
      const key = { topicId, topic, partition };
      const log = await storage.open(key, epoch, METADATA_LOG_SETTINGS);
      const { startOffset, endOffset, sizeInBytes } = log;
      const counts = await countsOf(log);
      measured.push({ ...key, startOffset, endOffset, epoch, sizeInBytes, ...counts });
    }
    return measured;
  }
}

async function countsOf(log: PartitionLog): Promise<{
  batches: number;
  records: number;
  segments: number;
}> {
  const counts = { batches: 0, records: 0, segments: 0 };
  let segment = '';
  for await (const stretch of walkLog(log, { from: log.startOffset, to: log.endOffset })) {
    if ('damage' in stretch) continue;
    const found = [...batchesIn(stretch.batches)];
    // Places are looked up, so that a stretch within one segment costs no more than one of them.
    const isWithin = segmentOf(log, found.at(-1)!.baseOffset) === segment;
    for (const batch of found) {
      counts.batches += 1;
      counts.records += batch.recordCount;
      if (isWithin) continue;
      const next = segmentOf(log, batch.baseOffset);
      if (next !== segment) counts.segments += 1;
      segment = next;
    }
  }
  return counts;
}

/** A place says at its end where in the segment it is, in numbers. */
function segmentOf(log: PartitionLog, offset: number): string {
  return log.placeOf(offset).replace(/[\d, ()]+$/, '');
}

function byName(a: PartitionKey, b: PartitionKey): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  return a.partition - b.partition;
}
