import type { EpochStart } from '../../model/log/leader-epochs.ts';
import { buildBatch, type BatchFields } from '../../model/log/batch-builder.ts';
import { batchesIn, type RecordBatch } from '../../model/log/record-batch.ts';
import type { Checksum } from '../../../ports/checksum.ts';
import {
  StorageError,
  type LogSettings,
  type LogStorage,
  type PartitionKey,
  type PartitionLog,
} from '../../../ports/log-storage.ts';
import { tallyOf, type BatchTally } from './batch-tally.ts';
import { walkLog, type Damage, type ReadableLog } from './log-walk.ts';
import { ReadChunk } from './read-chunk.ts';

/** A log as a copy sees it. Its start may rise meanwhile: what lies before it then is not missed. */
export interface SourceLog extends ReadableLog {
  readonly startOffset: number;
  /** Where the copy ends. */
  readonly endOffset: number;
  readonly epochs: readonly EpochStart[];
  readonly settings: LogSettings;
  placeOf(offset: number): string;
}

/** What copying goes along with: it may wait, tell how far it is, or give up by throwing. */
export interface CopyCompany {
  readonly checksum: Checksum;
  /** Called after every chunk with the bytes that were copied; with none after one that was only counted. */
  advanced(bytes: number): void | Promise<void>;
  /** Called for what cannot be read, or is not what its checksum says: it is left out, unless this throws. */
  damaged(key: PartitionKey, damage: Damage & { readonly place: string }): void;
}

/** A copy as it is: from where to where, and how much of it. */
export interface CopyExtent extends BatchTally {
  readonly startOffset: number;
  readonly endOffset: number;
}

/**
 * Copies one log into a store that has nothing of it, or the front of it from a copy that was cut short. The copy has the same
 * bytes, offsets, gaps and start offset; it is opened once per leader epoch of the source, so that it has those epochs too. Where
 * the end was left out, an empty batch stands for the last offset, so that the copy is a whole log again.
 */
export class LogCopy {
  readonly #key: PartitionKey;
  readonly #source: SourceLog;
  readonly #target: LogStorage;
  readonly #company: CopyCompany;
  #log!: PartitionLog;
  /** Which of the source's epochs the target is open with. */
  #at = 0;
  /** Where what was left out last ends. */
  #leftOutTo = 0;
  /** What was appended; null where some of what the target holds was not, or is not there any more. */
  #appended: { batches: number; bytes: number } | null = { batches: 0, bytes: 0 };

  constructor(key: PartitionKey, source: SourceLog, target: LogStorage, company: CopyCompany) {
    this.#key = key;
    this.#source = source;
    this.#target = target;
    this.#company = company;
  }

  /**
   * `storedEpoch` is the target's from `list`, null where it has no such log. Durable when it resolves. Rejects with a
   * StorageError.
   */
  async run(storedEpoch: number | null): Promise<CopyExtent> {
    const isResumed = storedEpoch !== null && (await this.#resume(storedEpoch));
    if (isResumed) this.#appended = null;
    else await this.#open(0);
    const from = this.#isEmpty ? this.#source.startOffset : this.#log.endOffset;
    for await (const stretch of walkLog(this.#source, { from, to: this.#source.endOffset })) {
      if ('damage' in stretch) this.#report(stretch.damage);
      else await this.#append(stretch.batches);
    }
    await this.#finish();
    return this.#extent();
  }

  get #isEmpty(): boolean {
    return this.#log.endOffset === this.#log.startOffset;
  }

  async #append(batches: Buffer): Promise<void> {
    for (const batch of batchesIn(batches)) {
      if (!this.#isSound(batch)) continue;
      if (this.#isEmpty) await this.#begin(Math.min(this.#source.startOffset, batch.baseOffset));
      await this.#reachEpochOf(batch.baseOffset);
      this.#log.append(batch);
      this.#count(batch);
    }
    await this.#log.commit(false);
    await this.#company.advanced(batches.length);
  }

  #count({ sizeInBytes }: RecordBatch): void {
    if (this.#appended === null) return;
    this.#appended.batches += 1;
    this.#appended.bytes += sizeInBytes;
  }

  async #begin(offset: number): Promise<void> {
    if (this.#log.endOffset === offset) return;
    if (!this.#isEmpty) this.#appended = null;
    await this.#log.restartAt(offset);
  }

  /** Opens the target with every epoch of the source that has begun by this offset, where it began. */
  async #reachEpochOf(offset: number): Promise<void> {
    for (;;) {
      const next = this.#source.epochs[this.#at + 1];
      if (next === undefined || next.startOffset > offset) return;
      await this.#log.commit(false);
      await this.#endAt(next.startOffset);
      await this.#open(this.#at + 1);
    }
  }

  /** Lets the target end above its last batch: a truncation leaves the end where the first batch was that it took. */
  async #endAt(offset: number): Promise<void> {
    if (this.#log.endOffset >= offset) return;
    this.#log.append(this.#placeholder({ baseOffset: offset }));
    await this.#log.commit(false);
    await this.#log.truncateTo(offset);
  }

  async #finish(): Promise<void> {
    this.#lookForGap();
    const { endOffset, startOffset } = this.#source;
    // What is empty, or was trimmed away meanwhile, says by its start where it goes on.
    if (this.#isEmpty || startOffset >= endOffset) await this.#begin(endOffset);
    else if (this.#log.endOffset < endOffset) await this.#appendEmpty(endOffset - 1);
    await this.#reachEpochOf(endOffset);
    await this.#log.commit(true);
    const start = Math.min(this.#source.startOffset, endOffset);
    if (start <= this.#log.startOffset) return;
    await this.#log.trimBefore(start);
    this.#appended = null;
  }

  /** As Kafka's cleaner leaves a batch without its records, so that clients and checks see the offset given. */
  async #appendEmpty(baseOffset: number): Promise<void> {
    await this.#reachEpochOf(baseOffset);
    const leaderEpoch = this.#source.epochs[this.#at]!.epoch;
    const batch = this.#placeholder({ baseOffset, leaderEpoch }).withRecords(0, Buffer.alloc(0));
    batch.setRecordCount(0);
    batch.setCrc(this.#company.checksum.crc32c(batch.checked));
    this.#log.append(batch);
    this.#count(batch);
  }

  #placeholder(fields: BatchFields): RecordBatch {
    const crc32c = (bytes: Buffer): number => this.#company.checksum.crc32c(bytes);
    return buildBatch([{ key: null, value: null }], fields, crc32c);
  }

  /** An end that was reached without a batch before it, and without a word of why. */
  #lookForGap(): void {
    const { startOffset, endOffset } = this.#source;
    const offset = this.#isEmpty ? startOffset : this.#log.endOffset;
    const isWhole = Math.max(offset, startOffset, this.#leftOutTo) >= endOffset;
    if (isWhole) return;
    const reason = `nothing is there up to the end of the log at ${endOffset}`;
    this.#report({ offset, nextOffset: endOffset, reason });
  }

  async #extent(): Promise<CopyExtent> {
    const { startOffset, endOffset } = this.#log;
    const range = { from: startOffset, to: endOffset };
    const walked = (): void | Promise<void> => this.#company.advanced(0);
    const tally = this.#appended ?? (await tallyOf(this.#log, range, walked));
    return { startOffset, endOffset, ...tally };
  }

  /** Whether the target has the front of this source; what is there instead is removed. */
  async #resume(epoch: number): Promise<boolean> {
    const at = this.#source.epochs.findIndex(one => one.epoch === epoch);
    if (at >= 0) {
      await this.#open(at);
      if (await this.#isFront(this.#log)) {
        await this.#company.advanced(this.#log.sizeInBytes);
        return true;
      }
    }
    await this.#target.remove(this.#key);
    return false;
  }

  async #isFront(log: PartitionLog): Promise<boolean> {
    if (log.endOffset === log.startOffset) return true;
    if (log.endOffset > this.#source.endOffset) return false;
    const ours = await log.read(log.endOffset - 1, 1, new ReadChunk().allocate);
    const [last] = batchesIn(ours);
    if (last === undefined) return false;
    const theirs = await readUnlessDamaged(this.#source, last.baseOffset);
    return theirs.length >= last.sizeInBytes && last.bytes.equals(firstOf(theirs, last));
  }

  #isSound(batch: RecordBatch): boolean {
    if (this.#company.checksum.crc32c(batch.checked) === batch.crc) return true;
    const { baseOffset, nextOffset } = batch;
    this.#report({
      offset: baseOffset,
      nextOffset,
      reason: 'the checksum is not that of the bytes',
    });
    return false;
  }

  #report(damage: Damage): void {
    this.#leftOutTo = damage.nextOffset;
    this.#company.damaged(this.#key, { ...damage, place: this.#source.placeOf(damage.offset) });
  }

  async #open(at: number): Promise<void> {
    const { epochs, settings } = this.#source;
    this.#log = await this.#target.open(this.#key, epochs[at]!.epoch, settings);
    this.#at = at;
  }
}

/** Empty where the log is damaged. */
async function readUnlessDamaged(log: ReadableLog, offset: number): Promise<Buffer> {
  try {
    return await log.read(offset, 1, new ReadChunk().allocate);
  } catch (error) {
    if (error instanceof StorageError && error.code === 'corrupt') return Buffer.alloc(0);
    throw error;
  }
}

function firstOf(bytes: Buffer, { sizeInBytes }: RecordBatch): Buffer {
  return bytes.subarray(0, sizeInBytes);
}

/** The damage as the error that ends a copy. */
export function damageError(
  { topic, partition }: PartitionKey,
  { offset, place, reason }: Damage & { readonly place: string },
): StorageError {
  const where = `${topic}-${partition} at offset ${offset} (${place})`;
  return new StorageError('corrupt', `${where} is damaged: ${reason}`);
}
