import { isInternalTopic } from './topic-name.ts';
import {
  topicSettings,
  type Configs,
  type TopicSettingName,
  type TopicSettings,
} from './topic-config.ts';

export type TimestampType = TopicSettings['message.timestamp.type'];
export type CompressionType = TopicSettings['compression.type'];

/** The default of a topic setting, as text, as the broker is configured now. */
export type BrokerDefaults = (name: TopicSettingName) => string;

/** What a topic is made of; only its partition count and its own settings ever change. */
export interface TopicFacts {
  readonly id: string;
  readonly name: string;
  readonly partitionCount: number;
  readonly configs: Configs;
}

/**
 * A topic as it is now. The object stays the same while its settings change, so whoever holds it reads them live (it satisfies
 * the storage port's LogSettings); they are worked out once per change, since the hot path reads them. Changed by
 * ClusterMetadata alone.
 */
export class Topic {
  readonly id: string;
  readonly name: string;
  readonly internal: boolean;
  #partitionCount: number;
  #configs: Configs;
  #settings: TopicSettings;
  #hot: HotSettings;

  constructor(facts: TopicFacts, defaults: BrokerDefaults) {
    this.id = facts.id;
    this.name = facts.name;
    this.internal = isInternalTopic(facts.name);
    this.#partitionCount = facts.partitionCount;
    this.#configs = facts.configs;
    this.#settings = topicSettings(facts.configs, defaults);
    this.#hot = hotSettings(this.#settings);
  }

  get partitionCount(): number {
    return this.#partitionCount;
  }
  /** The topic's own settings, as text. */
  get configs(): Configs {
    return this.#configs;
  }
  /** All settings that apply, by Kafka's names. */
  get settings(): TopicSettings {
    return this.#settings;
  }

  get maxMessageBytes(): number {
    return this.#hot.maxMessageBytes;
  }
  get timestampType(): TimestampType {
    return this.#hot.timestampType;
  }
  get timestampBeforeMaxMs(): number {
    return this.#hot.timestampBeforeMaxMs;
  }
  get timestampAfterMaxMs(): number {
    return this.#hot.timestampAfterMaxMs;
  }
  /** Whether records need a key: the cleanup policy says compact. */
  get compacted(): boolean {
    return this.#hot.compacted;
  }
  get compressionType(): CompressionType {
    return this.#hot.compressionType;
  }
  get segmentBytes(): number {
    return this.#hot.segmentBytes;
  }
  get segmentMs(): number {
    return this.#hot.segmentMs;
  }
  get flushMessages(): number {
    return this.#hot.flushMessages;
  }
  get flushMs(): number {
    return this.#hot.flushMs;
  }
  get indexIntervalBytes(): number {
    return this.#hot.indexIntervalBytes;
  }

  grow(partitionCount: number): void {
    this.#partitionCount = partitionCount;
  }

  /** Takes new settings of its own, or the same ones above new defaults. */
  configure(configs: Configs, defaults: BrokerDefaults): void {
    this.#configs = configs;
    this.#settings = topicSettings(configs, defaults);
    this.#hot = hotSettings(this.#settings);
  }
}

type HotSettings = ReturnType<typeof hotSettings>;

/** A record of fixed shape: the engine reads its fields at once, which it does not for names with dots in a long table. */
function hotSettings(settings: TopicSettings) {
  const compacted = settings['cleanup.policy'].includes('compact');
  // What lies in the newest segment cannot be compacted in time, so it has to end in time (LogConfig.maxSegmentMs).
  const lagMs = compacted ? settings['max.compaction.lag.ms'] : Infinity;
  return {
    maxMessageBytes: settings['max.message.bytes'],
    timestampType: settings['message.timestamp.type'],
    timestampBeforeMaxMs: settings['message.timestamp.before.max.ms'],
    timestampAfterMaxMs: settings['message.timestamp.after.max.ms'],
    compacted,
    compressionType: settings['compression.type'],
    segmentBytes: settings['segment.bytes'],
    segmentMs: Math.min(settings['segment.ms'], lagMs),
    flushMessages: settings['flush.messages'],
    flushMs: settings['flush.ms'],
    indexIntervalBytes: settings['index.interval.bytes'],
  };
}
