import type { EpochStart } from '../../src/domain/model/log/leader-epochs.ts';
import type { LogStorage, PartitionLog } from '../../src/ports/log-storage.ts';

/** Segments of two kilobytes, so that a small log has some. */
export const SMALL_SEGMENTS = {
  segmentBytes: 2048,
  segmentMs: 604_800_000,
  indexIntervalBytes: 256,
};

/** All that can be seen of one log. */
export interface LogContents {
  readonly log: string;
  readonly epoch: number;
  readonly epochs: readonly EpochStart[];
  readonly startOffset: number;
  readonly endOffset: number;
  /** Every byte that can be read, in hex. */
  readonly bytes: string;
}

/** Every log of a store with all that is in it, in the order of their names; logs that are open are taken over. */
export async function contentsOf(storage: LogStorage): Promise<LogContents[]> {
  const found: LogContents[] = [];
  for (const { topicId, topic, partition, epoch } of await storage.list()) {
    const key = { topicId, topic, partition };
    const log = await storage.open(key, epoch, SMALL_SEGMENTS);
    const { epochs, startOffset, endOffset } = log;
    const bytes = (await bytesOf(log)).toString('hex');
    found.push({ log: `${topic}-${partition}`, epoch, epochs, startOffset, endOffset, bytes });
  }
  return found.sort((a, b) => (a.log < b.log ? -1 : 1));
}

/** All committed batches of a log, one after the other. */
export async function bytesOf(log: PartitionLog): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let offset = log.startOffset;
  while (offset < log.endOffset) {
    const bytes = await log.read(offset, 1, size => Buffer.alloc(size));
    if (bytes.length === 0) break;
    pieces.push(bytes);
    offset = Number(bytes.readBigInt64BE(0)) + bytes.readInt32BE(23) + 1;
  }
  return Buffer.concat(pieces);
}
