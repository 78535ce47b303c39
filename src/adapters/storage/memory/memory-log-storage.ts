import {
  StorageError,
  type LogStorage,
  type PartitionKey,
  type PartitionLog,
  type StoredPartition,
} from '../../../ports/log-storage.ts';
import { Arenas } from './arenas.ts';
import { MemoryBatches } from './memory-batches.ts';
import { MemoryLog, type MemoryLogState } from './memory-log.ts';

export interface MemoryLogStorageOptions {
  /** What all logs together may take, in bytes; a log that wants more fails with `failed`. */
  readonly maxBytes?: number;
  /** The largest arena: memory is given back in such pieces. */
  readonly arenaBytes?: number;
}

const DEFAULT_MAX_BYTES = 1024 * 1024 * 1024;
const DEFAULT_ARENA_BYTES = 1024 * 1024;

interface Entry {
  readonly key: PartitionKey;
  readonly log: MemoryLog;
}

/** Logs that live as long as the process, within a budget. */
export class MemoryLogStorage implements LogStorage {
  readonly #arenas: Arenas;
  readonly #logs = new Map<string, Entry>();
  #isClosed = false;

  constructor(options: MemoryLogStorageOptions = {}) {
    const { maxBytes = DEFAULT_MAX_BYTES, arenaBytes = DEFAULT_ARENA_BYTES } = options;
    this.#arenas = new Arenas(maxBytes, arenaBytes);
  }

  async open(key: PartitionKey, epoch: number): Promise<PartitionLog> {
    this.#checkOpen();
    const older = this.#logs.get(idOf(key))?.log;
    if (older !== undefined && older.epoch > epoch) {
      throw new StorageError('fenced', `a writer with an epoch above ${epoch} has opened this log`);
    }
    const refusal = new StorageError('fenced', 'a later writer has opened this log');
    const state = older?.release(refusal) ?? this.#newState();
    const log = new MemoryLog(state, epoch);
    this.#logs.set(idOf(key), { key, log });
    return log;
  }

  async list(): Promise<readonly StoredPartition[]> {
    this.#checkOpen();
    return [...this.#logs.values()].map(({ key, log }) => {
      return { topicId: key.topicId, partition: key.partition, epoch: log.epoch };
    });
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
    return { batches, startOffset: 0, endOffset: 0, epochs: [], checkpoint: null };
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
