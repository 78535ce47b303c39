import { BrokerError } from '../../model/error.ts';
import { buildBatch, type RecordToWrite } from '../../model/log/batch-builder.ts';
import { BATCH_HEADER_BYTES, batchesIn, type RecordBatch } from '../../model/log/record-batch.ts';
import { recordsIn } from '../../model/log/records.ts';
import type { Checksum } from '../../../ports/checksum.ts';
import { StorageError } from '../../../ports/log-storage.ts';
import type { CoordinatorDecision, EventRecords } from './coordinator-machine.ts';
import type { Partition } from './partition.ts';

const REPLAY_CHUNK_BYTES = 1024 * 1024;
/** Lengths, deltas and attributes of a record, at most. */
const RECORD_OVERHEAD_BYTES = 32;

/** A coordinator's events in one partition: written one batch a decision, so that a crash keeps all of it or nothing. */
export class CoordinatorLog<Event> {
  readonly #partition: Partition;
  readonly #records: EventRecords<Event>;
  readonly #checksum: Checksum;

  constructor(partition: Partition, records: EventRecords<Event>, checksum: Checksum) {
    this.#partition = partition;
    this.#records = records;
    this.#checksum = checksum;
  }

  /** Nobody can read it before `commit`. Throws a BrokerError when the partition takes no more. */
  append({ events, divisible }: CoordinatorDecision<Event>, nowMs: number): void {
    const records = events.map(event => ({ ...this.#records.encode(event), timestamp: nowMs }));
    for (const part of divisible ? this.#parts(records) : [records]) {
      const batch = buildBatch(part, {}, bytes => this.#checksum.crc32c(bytes));
      const { error, message } = this.#partition.append(batch, nowMs);
      if (error !== null) throw new BrokerError(error, message ?? 'the log is offline');
    }
  }

  /** Resolves when all that was appended is committed, and on disk if `durable`. Rejects with a BrokerError. */
  commit(durable: boolean): Promise<void> {
    return this.#partition.commit(durable);
  }

  /** Gives all events to `apply`, oldest first. Rejects when a batch or a record is damaged. */
  async replay(apply: (event: Event) => void): Promise<void> {
    const partition = this.#partition;
    // What an earlier life of this coordinator appended is part of the log, or it is known that it is not.
    await partition.commit(false);
    for (let offset = partition.logStartOffset; offset < partition.highWatermark;) {
      const before = offset;
      const bytes = await partition.read(offset, REPLAY_CHUNK_BYTES, size => Buffer.alloc(size));
      for (const batch of batchesIn(bytes)) {
        if (!batch.isControl) this.#replayBatch(batch, apply);
        offset = batch.nextOffset;
      }
      if (offset === before) throw damaged(offset, 'ends before its end offset');
    }
  }

  #replayBatch(batch: RecordBatch, apply: (event: Event) => void): void {
    if (this.#checksum.crc32c(batch.checked) !== batch.crc) {
      throw damaged(batch.baseOffset, 'has a batch with a wrong checksum');
    }
    for (const { key, value } of recordsIn(batch)) {
      const event = key && this.#records.decode(key, value);
      if (event) apply(event);
    }
  }

  /** As many records a batch as the topic lets a batch hold. */
  *#parts(records: readonly RecordToWrite[]): Generator<RecordToWrite[]> {
    const most = this.#partition.topic.maxMessageBytes - BATCH_HEADER_BYTES;
    let part: RecordToWrite[] = [];
    let bytes = 0;
    for (const record of records) {
      const size = sizeOf(record);
      if (bytes + size > most && part.length > 0) {
        yield part;
        part = [];
        bytes = 0;
      }
      part.push(record);
      bytes += size;
    }
    if (part.length > 0) yield part;
  }
}

function sizeOf({ key, value }: RecordToWrite): number {
  return (key?.length ?? 0) + (value?.length ?? 0) + RECORD_OVERHEAD_BYTES;
}

function damaged(offset: number, what: string): StorageError {
  return new StorageError('corrupt', `The coordinator's log ${what} at offset ${offset}.`);
}
