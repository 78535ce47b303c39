import { SegmentRoll } from '../../../domain/model/log/segment-roll.ts';
import type { Clock } from '../../../ports/clock.ts';
import {
  StorageError,
  type LogSettings,
  type LogStorage,
  type PartitionKey,
  type PartitionLog,
  type StoredPartition,
  type Volume,
} from '../../../ports/log-storage.ts';
import { Arenas } from './arenas.ts';
import { MemoryBatches } from './memory-batches.ts';
import { MemoryLog, type MemoryLogState, type RingLimits } from './memory-log.ts';

export interface MemoryLogStorageOptions {
  /** What all logs together may take, in bytes; a log that wants more fails with `failed`. */
  readonly maxBytes?: number;
  /** The largest arena: memory is given back in such pieces. */
  readonly arenaBytes?: number;
  /**
   * The ring mode: a log that holds more bytes, or offsets, than this drops its oldest batches when it commits, and its start
   * offset moves on; the newest batch stays whatever its size. Internal logs, whose topic begins with `__`, are kept whole.
   */
  readonly maxPartitionBytes?: number;
  readonly maxPartitionRecords?: number;
  /** When segments are begun, which there are in `activeOffset` only. */
  readonly clock?: Clock;
}

const DEFAULT_MAX_BYTES = 1024 * 1024 * 1024;
const DEFAULT_ARENA_BYTES = 1024 * 1024;
/** A ring has room for what it drops until an arena can be given back: so they are small beside it. */
const ARENAS_IN_RING = 8;

interface Entry {
  readonly key: PartitionKey;
  readonly log: MemoryLog;
}

/** Logs that live as long as the process, within a budget. */
export class MemoryLogStorage implements LogStorage {
  readonly location = 'memory';
  readonly #maxBytes: number;
  readonly #arenas: Arenas;
  readonly #ring: RingLimits | null;
  readonly #clock: Clock;
  readonly #logs = new Map<string, Entry>();
  #isClosed = false;

  constructor(options: MemoryLogStorageOptions = {}) {
    const { maxPartitionBytes: maxBytes = Infinity, maxPartitionRecords: maxRecords = Infinity } =
      options;
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    const largest = Math.min(
      options.arenaBytes ?? DEFAULT_ARENA_BYTES,
      Math.ceil(maxBytes / ARENAS_IN_RING),
    );
    this.#arenas = new Arenas(this.#maxBytes, largest);
    const isRing = maxBytes < Infinity || maxRecords < Infinity;
    this.#ring = isRing ? { maxBytes, maxRecords } : null;
    this.#clock = options.clock ?? { now: () => Date.now() };
  }

  async open(key: PartitionKey, epoch: number, settings: LogSettings): Promise<PartitionLog> {
    this.#checkOpen();
    const older = this.#logs.get(idOf(key))?.log;
    if (older !== undefined && older.epoch > epoch) {
      throw new StorageError('fenced', `a writer with an epoch above ${epoch} has opened this log`);
    }
    const refusal = new StorageError('fenced', 'a later writer has opened this log');
    const state = older?.release(refusal) ?? this.#newState();
    const ring = key.topic.startsWith('__') ? null : this.#ring;
    const log = new MemoryLog(state, epoch, { settings, ring, clock: this.#clock });
    this.#logs.set(idOf(key), { key, log });
    return log;
  }

  async list(): Promise<readonly StoredPartition[]> {
    this.#checkOpen();
    return [...this.#logs.values()].map(({ key, log }) => {
      const { topicId, partition, topic } = key;
      return { topicId, partition, topic, epoch: log.epoch, sizeInBytes: log.sizeInBytes };
    });
  }

  /** The store's budget, and what is left of it. */
  async volume(): Promise<Volume> {
    this.#checkOpen();
    return { totalBytes: this.#maxBytes, usableBytes: this.#maxBytes - this.#arenas.usedBytes };
  }

  async remove(key: PartitionKey): Promise<void> {
    this.#checkOpen();
    const entry = this.#logs.get(idOf(key));
    if (entry === undefined) return;
    this.#logs.delete(idOf(key));
    const state = entry.log.release(new StorageError('closed', 'the log was removed'));
    state.batches.truncateTo(0);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const { log } of this.#logs.values()) log.release(closed());
    this.#logs.clear();
  }

  #newState(): MemoryLogState {
    const batches = new MemoryBatches(this.#arenas);
    const roll = new SegmentRoll(0, this.#clock.now());
    return { batches, startOffset: 0, endOffset: 0, epochs: [], checkpoint: null, roll };
  }

  #checkOpen(): void {
    if (this.#isClosed) throw closed();
  }
}

function idOf(key: PartitionKey): string {
  return `${key.partition}.${key.topicId}`;
}

function closed(): StorageError {
  return new StorageError('closed', 'the store was closed');
}
