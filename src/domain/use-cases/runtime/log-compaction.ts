import { CODECS, type Codec } from '../../model/log/codec.ts';
import { firstDirtyOffset } from '../../model/log/compaction/cleaning-need.ts';
import {
  batchOfRemains,
  emptied,
  remainsOf,
  type Remains,
} from '../../model/log/compaction/compacted-batch.ts';
import { indexKeys, isCompactable } from '../../model/log/compaction/key-index.ts';
import { OffsetMap, offsetMapBytes } from '../../model/log/compaction/offset-map.ts';
import { survivorsOf } from '../../model/log/compaction/survivors.ts';
import type { RecordBatch } from '../../model/log/record-batch.ts';
import type { Checksum } from '../../../ports/checksum.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Compression } from '../../../ports/compression.ts';
import type { Digest } from '../../../ports/digest.ts';
import type { CopyHold } from './copy-hold.ts';
import type { Pace } from './pace.ts';
import type { Partition } from './partition.ts';
import { SoundBatches } from './sound-batches.ts';

export interface CompactionParts {
  readonly checksum: Checksum;
  readonly compression: Compression;
  readonly digest: Digest;
  readonly clock: Clock;
  readonly pace: Pace;
  /** Taken, it lets no further pass begin. */
  readonly hold: CopyHold;
  /** What the map of offsets may take, in bytes. */
  readonly mapBytesMax: number;
}

/** What a compaction has done, in bytes of batches. */
export interface CompactionSums {
  /** How far it came; null when it was held before it changed anything. */
  readonly to: number | null;
  readonly bytesRead: number;
  readonly bytesKept: number;
}

/** What one pass knows: the last offsets of keys, and how far it may go. */
interface Pass {
  readonly map: OffsetMap;
  readonly to: number;
}

/** Compacts one log: of each key the last record stays (Kafka's Cleaner). Offsets never change. */
export class LogCompaction {
  readonly #partition: Partition;
  readonly #parts: CompactionParts;
  readonly #batches: SoundBatches;
  /** What is committed as this begins: a producer's last batch below it must stay. */
  readonly #committedEnd: number;
  /** One moment for all that it does: tombstones of the same age have one fate. */
  readonly #nowMs: number;
  /** What is kept unseen may hold a key that a later tombstone stands for: then no tombstone goes. */
  #sawOpaque = false;
  #bytesRead = 0;
  #bytesKept = 0;

  constructor(partition: Partition, parts: CompactionParts) {
    this.#partition = partition;
    this.#parts = parts;
    this.#batches = new SoundBatches(partition, parts);
    this.#committedEnd = partition.highWatermark;
    this.#nowMs = parts.clock.now();
  }

  /**
   * Compacts all below `to`, which is a batch's base offset at or below the active one, in as many passes as the map of offsets
   * needs; ends before the next one when logs are to be copied. Rejects with a StorageError, a CompressionError or a StoppedError;
   * what earlier passes did stays done.
   */
  async run(to: number): Promise<CompactionSums> {
    const { hold } = this.#parts;
    let cleanedTo: number | null = null;
    for (let from = this.#firstDirty(); from < to && !hold.isHeld; from = this.#firstDirty()) {
      const pass = await this.#index({ from, to });
      if (hold.isHeld) break;
      const keptBefore = this.#bytesKept;
      await this.#rewrite(pass);
      await this.#partition.upkeep.cleaned(pass.to, this.#bytesKept - keptBefore);
      cleanedTo = pass.to;
    }
    return { to: cleanedTo, bytesRead: this.#bytesRead, bytesKept: this.#bytesKept };
  }

  #firstDirty(): number {
    const { logStartOffset: startOffset, logEndOffset: endOffset, upkeep } = this.#partition;
    return firstDirtyOffset({ startOffset, endOffset }, upkeep.dirty);
  }

  /**
   * Notes keys until `to`, or until the map is full. What does not fit whole is left to the next pass, or a tombstone could go whose
   * key was not looked for; so a first batch that is too much for the map gets one that it fits in.
   */
  async #index({ from, to }: { from: number; to: number }): Promise<Pass> {
    let map = this.#mapOf(to - from, this.#parts.mapBytesMax);
    let isFirst = true;
    for await (const batch of this.#batches.between(from, to)) {
      if (!(await this.#fits(batch, map))) {
        if (!isFirst) return { map, to: batch.baseOffset };
        // More than `to - from` where the log begins within the batch.
        map = this.#mapOf(batch.recordCount, offsetMapBytes(batch.recordCount));
        if (!(await this.#fits(batch, map))) throw new Error('a batch has more keys than records');
      }
      isFirst = false;
    }
    return { map, to };
  }

  #mapOf(keys: number, maxBytes: number): OffsetMap {
    return new OffsetMap(maxBytes, keys, key => this.#parts.digest.digest(key));
  }

  /** Notes the keys of a batch, if it is one to look into: as many as there is room for. */
  async #fits(batch: RecordBatch, map: OffsetMap): Promise<boolean> {
    if (!isCompactable(batch)) return true;
    const records = await this.#batches.recordsOf(batch);
    const { full, defect } = await this.#parts.pace.through(indexKeys(batch, records, map));
    if (defect !== null) throw this.#batches.damaged(batch.baseOffset, defect);
    return !full;
  }

  async #rewrite(pass: Pass): Promise<void> {
    const { logStartOffset, upkeep } = this.#partition;
    const rewrite = await upkeep.rewrite(pass.to);
    this.#sawOpaque = false;
    try {
      for await (const batch of this.#batches.between(logStartOffset, pass.to)) {
        this.#bytesRead += batch.sizeInBytes;
        const kept = await this.#whatStays(batch, pass);
        if (kept === null) continue;
        this.#bytesKept += kept.sizeInBytes;
        this.#parts.pace.spend(kept.sizeInBytes);
        await rewrite.keep(kept);
      }
      await rewrite.finish();
    } catch (error) {
      await rewrite.abandon().catch(() => undefined);
      throw error;
    }
  }

  async #whatStays(batch: RecordBatch, pass: Pass): Promise<RecordBatch | null> {
    this.#sawOpaque ||= !isCompactable(batch);
    if (!isCompactable(batch)) return batch;
    const isNeeded = this.#partition.upkeep.isLastOfProducer(batch, this.#committedEnd);
    if (batch.recordCount === 0) return isNeeded ? batch : null;
    const records = await this.#batches.recordsOf(batch);
    const rules = { map: pass.map, nowMs: this.#sawOpaque ? -Infinity : this.#nowMs };
    const survivors = await this.#parts.pace.through(survivorsOf(batch, records, rules));
    if (survivors.defect !== null) {
      throw this.#batches.damaged(batch.baseOffset, survivors.defect);
    }
    if (survivors.count === 0) return isNeeded ? this.#sealed(emptied(batch)) : null;
    const deleteRetentionMs = this.#partition.topic.settings['delete.retention.ms'];
    const steps = remainsOf(batch, survivors, this.#nowMs + deleteRetentionMs);
    const remains = await this.#parts.pace.through(steps);
    return remains === null ? batch : this.#rebuilt(batch, remains);
  }

  /** In the codec that it had, or in gzip where that one can only be read here. */
  async #rebuilt(batch: RecordBatch, remains: Remains): Promise<RecordBatch> {
    const { compression } = this.#parts;
    const given: Codec = CODECS[batch.compression] ?? 'none';
    const codec = compression.canCompress(given) ? given : 'gzip';
    const bytes = await compression.compress(codec, remains.records);
    return this.#sealed(batchOfRemains(batch, remains, { codecId: CODECS.indexOf(codec), bytes }));
  }

  #sealed(batch: RecordBatch): RecordBatch {
    batch.setCrc(this.#parts.checksum.crc32c(batch.checked));
    return batch;
  }
}
