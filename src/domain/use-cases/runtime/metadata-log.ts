import { BrokerError } from '../../model/error.ts';
import { buildBatch } from '../../model/log/batch-builder.ts';
import type { BrokerConfig } from '../../model/cluster/broker-config.ts';
import { ClusterMetadata, type TopicChange } from '../../model/cluster/metadata.ts';
import type { MetadataEvent } from '../../model/cluster/metadata-events.ts';
import { CLUSTER_METADATA_TOPIC } from '../../model/topic/topic-name.ts';
import type { Checksum } from '../../../ports/checksum.ts';
import type { Clock } from '../../../ports/clock.ts';
import {
  StorageError,
  type LogSettings,
  type LogStorage,
  type PartitionKey,
  type PartitionLog,
} from '../../../ports/log-storage.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { Random } from '../../../ports/random.ts';
import { encodeMetadataEvent, replayMetadata } from './metadata-records.ts';

/** Where the metadata lies; the id is Kafka's own for this topic (Uuid.METADATA_TOPIC_ID). */
export const METADATA_PARTITION: PartitionKey = {
  topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
  topic: CLUSTER_METADATA_TOPIC,
  partition: 0,
};

/** Small segments, so that what a snapshot replaces is soon given back. */
export const METADATA_LOG_SETTINGS: LogSettings = {
  segmentBytes: 1024 * 1024,
  segmentMs: 7 * 24 * 3_600_000,
  indexIntervalBytes: 4096,
};

/** How many events a replay may see, beyond two per topic, before a snapshot takes their place. */
const EVENTS_KEPT = 1000;

/** What a decision gives: the events that make it true, and what to answer when they are durable. */
export interface Decision<T> {
  readonly events: readonly MetadataEvent[];
  readonly answer: T;
}

export interface MetadataLogOptions {
  readonly storage: LogStorage;
  readonly checksum: Checksum;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly broker: BrokerConfig;
}

/**
 * The metadata of the cluster as a log of events (Kafka's KIP-500, on one node): the state is what the log says, replayed at
 * start, and it changes only after the events of a change are on disk.
 */
export class MetadataLog {
  readonly state: ClusterMetadata;
  readonly #log: PartitionLog;
  readonly #options: MetadataLogOptions;
  readonly #listeners = new Set<(change: TopicChange) => void>();
  #durableEnd: number;
  #turn: Promise<unknown> = Promise.resolve();
  #failure: BrokerError | null = null;

  private constructor(options: MetadataLogOptions, log: PartitionLog, state: ClusterMetadata) {
    this.#options = options;
    this.#log = log;
    this.#durableEnd = log.endOffset;
    this.state = state;
  }

  /**
   * Opens the store's metadata as its next writer: fences whoever had it, replays it, and gives a new cluster its id. Rejects
   * with a StorageError, or with an Error that says what cannot be read.
   */
  static async open(options: MetadataLogOptions): Promise<MetadataLog> {
    const { storage, broker, checksum, random } = options;
    const epoch = await nextEpoch(storage);
    const log = await storage.open(METADATA_PARTITION, epoch, METADATA_LOG_SETTINGS);
    const state = new ClusterMetadata(broker);
    const replayed = await replayMetadata(log, checksum, event => state.apply(event));
    const metadata = new MetadataLog(options, log, state);
    const started: MetadataEvent[] = [{ type: 'broker-started', epoch }];
    if (state.clusterId === null) {
      started.unshift({ type: 'cluster-created', clusterId: random.uuid() });
    }
    await metadata.update(() => ({ events: started, answer: undefined }));
    if (replayed > EVENTS_KEPT + 2 * state.topicCount) await metadata.#shorten();
    return metadata;
  }

  get clusterId(): string {
    if (this.state.clusterId === null) throw new Error('a cluster has its id from its first start');
    return this.state.clusterId;
  }

  /** The epoch that this broker opens every log with. */
  get epoch(): number {
    return this.state.epoch;
  }

  /** The log, and the end of what the state was made of, for who copies both together. */
  get durable(): { readonly log: PartitionLog; readonly endOffset: number } {
    return { log: this.#log, endOffset: this.#durableEnd };
  }

  /**
   * Decides on the state as it is when all changes before are made, writes the events as one batch (so that a crash keeps all
   * or none), applies them when they are on disk, and answers. Rejects with KAFKA_STORAGE_ERROR, and changes nothing, when they
   * cannot be written; from then on there are no more changes until a restart has read what is really there.
   */
  update<T>(decide: (state: ClusterMetadata) => Decision<T>): Promise<T> {
    const turn = this.#turn.then(() => this.#update(decide));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Tells what happens to topics, after it has happened. Gives the way to stop listening. */
  onTopicChange(listener: (change: TopicChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #update<T>(decide: (state: ClusterMetadata) => Decision<T>): Promise<T> {
    const { events, answer } = decide(this.state);
    if (events.length === 0) return answer;
    await this.#write(events);
    for (const event of events) {
      const change = this.state.apply(event);
      if (change) for (const listener of this.#listeners) listener(change);
    }
    return answer;
  }

  async #write(events: readonly MetadataEvent[]): Promise<void> {
    if (this.#failure) throw this.#failure;
    const { checksum, clock, logger } = this.#options;
    const timestamp = clock.now();
    const records = events.map(event => ({ ...encodeMetadataEvent(event), timestamp }));
    const place = {
      baseOffset: this.#log.endOffset,
      leaderEpoch: this.#log.epochs.at(-1)?.epoch ?? 0,
    };
    try {
      this.#log.append(buildBatch(records, place, bytes => checksum.crc32c(bytes)));
      await this.#log.commit(true);
      this.#durableEnd = this.#log.endOffset;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      const message = `The metadata log takes no more changes: ${error.message}`;
      logger.error({ error: error.message }, 'the metadata log failed: it takes no more changes');
      this.#failure = new BrokerError('KAFKA_STORAGE_ERROR', message);
      throw this.#failure;
    }
  }

  /** The snapshot is on disk before anything goes, so a crash in between only leaves more to replay. */
  async #shorten(): Promise<void> {
    const offset = this.#log.endOffset;
    await this.#write([this.state.snapshot()]);
    await this.#log.trimBefore(offset);
  }
}

async function nextEpoch(storage: LogStorage): Promise<number> {
  const { topicId, partition } = METADATA_PARTITION;
  const stored = await storage.list();
  const own = stored.find(log => log.topicId === topicId && log.partition === partition);
  return (own?.epoch ?? 0) + 1;
}
