import { CODECS } from '../model/log/codec.ts';
import { batchesIn, type RecordBatch } from '../model/log/record-batch.ts';
import { StoredBatchCheck } from '../model/log/stored-batch-check.ts';
import type { Checksum } from '../../ports/checksum.ts';
import { CompressionError, type Compression } from '../../ports/compression.ts';
import {
  StorageError,
  type LogStorage,
  type PartitionKey,
  type PartitionLog,
  type StoredPartition,
} from '../../ports/log-storage.ts';
import { walkLog } from './runtime/log-walk.ts';
import { METADATA_LOG_SETTINGS } from './runtime/metadata-log.ts';

/** Something that is wrong. The offset is null for what is no batch: an index, or a log that cannot be opened. */
export interface Finding extends PartitionKey {
  readonly offset: number | null;
  /** Where it lies, for people; null where that is not known. */
  readonly place: string | null;
  readonly problem: string;
}

export interface VerifiedTotals {
  logs: number;
  batches: number;
  records: number;
  bytes: number;
  findings: number;
  /** Batches whose records this machine cannot inflate; all else of them was looked at. */
  notInflated: number;
}

export interface VerifyCommand {
  readonly storage: LogStorage;
  readonly found: (finding: Finding) => void;
  readonly progressed: (bytes: number) => void;
}

/** More than any batch that was ever accepted becomes. */
const INFLATED_MAX_BYTES = 1024 * 1024 * 1024;

/**
 * Walks every batch of every log of a store that no broker has. It writes nothing: a log is opened with the epoch that it has, so
 * that only the engine's own recovery may cut what a crash has left torn.
 */
export class VerifyLogs {
  readonly #checksum: Checksum;
  readonly #compression: Compression;

  constructor(checksum: Checksum, compression: Compression) {
    this.#checksum = checksum;
    this.#compression = compression;
  }

  /** Rejects with a StorageError only when the store as a whole cannot be read. */
  async execute(command: VerifyCommand): Promise<VerifiedTotals> {
    const totals = { logs: 0, batches: 0, records: 0, bytes: 0, findings: 0, notInflated: 0 };
    const verification = new Verification(this.#checksum, this.#compression, command, totals);
    for (const stored of await command.storage.list()) await verification.verify(stored);
    return totals;
  }
}

class Verification {
  readonly #check: StoredBatchCheck;
  readonly #compression: Compression;
  readonly #command: VerifyCommand;
  readonly #totals: VerifiedTotals;

  constructor(
    checksum: Checksum,
    compression: Compression,
    command: VerifyCommand,
    totals: VerifiedTotals,
  ) {
    this.#check = new StoredBatchCheck(bytes => checksum.crc32c(bytes));
    this.#compression = compression;
    this.#command = command;
    this.#totals = totals;
  }

  async verify(stored: StoredPartition): Promise<void> {
    this.#totals.logs += 1;
    try {
      const { storage } = this.#command;
      const log = await storage.open(stored, stored.epoch, METADATA_LOG_SETTINGS);
      await this.#walk(stored, log);
      for (const problem of await log.audit()) this.#found(stored, { problem });
    } catch (error) {
      // One log that fails is no reason to leave the others unseen.
      if (!(error instanceof StorageError)) throw error;
      this.#found(stored, { problem: `it cannot be read: ${error.message}` });
    }
  }

  async #walk(key: StoredPartition, log: PartitionLog): Promise<void> {
    const { startOffset: from, endOffset: to } = log;
    const place = { nextOffset: -1, leaderEpoch: -1, lastEpoch: key.epoch };
    let seenTo = from;
    for await (const stretch of walkLog(log, { from, to })) {
      if ('damage' in stretch) {
        const { offset, nextOffset, reason } = stretch.damage;
        const problem = `offsets ${offset} to ${nextOffset - 1} cannot be read: ${reason}`;
        this.#found(key, { problem, offset, place: log.placeOf(offset) });
        seenTo = nextOffset;
        continue;
      }
      for (const batch of batchesIn(stretch.batches)) {
        const problem = this.#check.checkHeader(batch, place) ?? (await this.#records(batch));
        const { baseOffset: offset } = batch;
        if (problem !== null) this.#found(key, { problem, offset, place: log.placeOf(offset) });
        // What a damaged header says is held against nobody else.
        place.nextOffset = problem === null ? batch.nextOffset : offset + 1;
        if (problem === null) place.leaderEpoch = batch.leaderEpoch;
        seenTo = Math.max(seenTo, batch.nextOffset);
        this.#totals.batches += 1;
        this.#totals.records += batch.recordCount;
      }
      this.#totals.bytes += stretch.batches.length;
      this.#command.progressed(stretch.batches.length);
    }
    if (seenTo === to) return;
    this.#found(key, { problem: `the log ends at offset ${to}, and its last batch at ${seenTo}` });
  }

  async #records(batch: RecordBatch): Promise<string | null> {
    if (batch.compression === 0) return this.#check.checkRecords(batch);
    const codec = CODECS[batch.compression]!;
    try {
      const { records } = batch;
      const inflated = await this.#compression.decompress(codec, records, INFLATED_MAX_BYTES);
      return this.#check.checkRecords(batch, inflated);
    } catch (error) {
      if (!(error instanceof CompressionError)) throw error;
      if (error.code !== 'unavailable') return `its records cannot be inflated: ${error.message}`;
      this.#totals.notInflated += 1;
      return null;
    }
  }

  #found(
    { topicId, topic, partition }: PartitionKey,
    what: { problem: string; offset?: number; place?: string },
  ): void {
    const { problem, offset = null, place = null } = what;
    this.#totals.findings += 1;
    this.#command.found({ topicId, topic, partition, offset, place, problem });
  }
}
