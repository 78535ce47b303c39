import type { DirtyFacts } from '../../model/log/compaction/dirty-bytes.ts';
import type { RecordBatch } from '../../model/log/record-batch.ts';
import type { LogRewrite, PartitionLog } from '../../../ports/log-storage.ts';
import type { LogDigest } from './log-digest.ts';

/** What retention and compaction need of a partition, and nobody else. Rejections are StorageErrors. */
export class LogUpkeep {
  readonly #log: PartitionLog;
  readonly #digest: LogDigest;

  constructor(log: PartitionLog, digest: LogDigest) {
    this.#log = log;
    this.#digest = digest;
  }

  /** Below it the log may be rewritten. */
  get activeOffset(): number {
    return this.#log.activeOffset;
  }
  get dirty(): DirtyFacts {
    return this.#digest.dirty.facts;
  }

  /** See PartitionLog. */
  offsetKeeping(bytes: number): number | Promise<number> {
    return this.#log.offsetKeeping(bytes);
  }
  rewrite(to: number): Promise<LogRewrite> {
    return this.#log.rewrite(to);
  }

  /** How far of `[start, expiredTo)` really came before `sinceMs`, batches without timestamps taken into account. */
  expiredTo(expiredTo: number, sinceMs: number): number {
    this.#digest.untimed.trimBefore(this.#log.startOffset);
    return this.#digest.untimed.limit(expiredTo, sinceMs);
  }

  /** Whether a batch must stay, if need be without records, for the state of its producer; `endOffset` is the committed end. */
  isLastOfProducer(batch: RecordBatch, endOffset: number): boolean {
    return this.#digest.isLastOfProducer(batch, endOffset);
  }

  /** Takes note, durably, that all below `to` was compacted just now, and is `keptBytes` bytes of batches. */
  cleaned(to: number, keptBytes: number): Promise<void> {
    this.#digest.dirty.clean(to, this.#log.sizeInBytes - keptBytes);
    return this.#digest.save(this.#log);
  }
}
