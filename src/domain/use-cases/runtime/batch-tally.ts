import { batchesIn } from '../../model/log/record-batch.ts';
import { StorageError } from '../../../ports/log-storage.ts';
import { walkLog, type ReadableLog, type WalkRange } from './log-walk.ts';

/** How much lies in a log: whole batches, the one that holds its start offset included. */
export interface BatchTally {
  readonly batches: number;
  readonly bytes: number;
}

/**
 * Counts by walking; `walked` is called after every stretch, and may wait, or give up by throwing. Rejects with a StorageError, also
 * for what is damaged.
 */
export async function tallyOf(
  log: ReadableLog,
  range: WalkRange,
  walked: () => void | Promise<void>,
): Promise<BatchTally> {
  const tally = { batches: 0, bytes: 0 };
  for await (const stretch of walkLog(log, range)) {
    if ('damage' in stretch) throw new StorageError('corrupt', stretch.damage.reason);
    tally.batches += [...batchesIn(stretch.batches)].length;
    tally.bytes += stretch.batches.length;
    await walked();
  }
  return tally;
}
