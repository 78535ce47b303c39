import { BrokerError } from '../error.ts';
import { parseSetting, type ValueOf } from '../config/setting.ts';
import {
  DAY_MS,
  HOUR_MS,
  MIB,
  MINUTE_MS,
  UNBOUNDED,
  refusesGzipLevel,
  refusesReplicas,
  setting,
  type TopicSetting,
} from './topic-setting.ts';

/**
 * Every topic setting of Kafka 4.x (TopicConfig, LogConfig; defaults and bounds as KIP-1030 left them), by Kafka's names. What no
 * feature of this broker reads yet is checked, kept and shown all the same, so that tools that set it work.
 */
export const TOPIC_SETTINGS = {
  'cleanup.policy': setting('list', 'delete', {
    oneOf: ['compact', 'delete'],
    synonyms: ['log.cleanup.policy'],
    documentation:
      'What happens to old records: "delete" drops them, "compact" keeps the last one of each key.',
  }),
  'compression.gzip.level': setting('int', -1, {
    refuses: refusesGzipLevel,
    synonyms: ['compression.gzip.level'],
    documentation: 'The level of compression where compression.type is gzip.',
  }),
  'compression.lz4.level': setting('int', 9, {
    min: 1,
    max: 17,
    synonyms: ['compression.lz4.level'],
    documentation: 'The level of compression where compression.type is lz4.',
  }),
  'compression.type': setting('string', 'producer', {
    oneOf: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
    synonyms: ['compression.type'],
    documentation:
      'The codec that batches are kept in; "producer" keeps the one that the producer chose.',
  }),
  'compression.zstd.level': setting('int', 3, {
    min: -131_072,
    max: 22,
    synonyms: ['compression.zstd.level'],
    documentation: 'The level of compression where compression.type is zstd.',
  }),
  'delete.retention.ms': setting('long', DAY_MS, {
    min: 0,
    synonyms: ['log.cleaner.delete.retention.ms'],
    documentation: 'How long the tombstones of a compacted topic are kept.',
  }),
  'file.delete.delay.ms': setting('long', MINUTE_MS, {
    min: 0,
    synonyms: ['log.segment.delete.delay.ms'],
    documentation: 'How long a deleted file is kept on disk.',
  }),
  'flush.messages': setting('long', UNBOUNDED, {
    min: 1,
    synonyms: ['log.flush.interval.messages'],
    documentation: 'After how many records the log is forced to disk, whatever the acks.',
  }),
  'flush.ms': setting('long', UNBOUNDED, {
    min: 0,
    synonyms: ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms'],
    documentation: 'After how many milliseconds the log is forced to disk, whatever the acks.',
  }),
  'follower.replication.throttled.replicas': setting('list', '', {
    refuses: refusesReplicas,
    synonyms: [],
    documentation: 'The replicas whose replication is throttled on the side of the follower.',
  }),
  'index.interval.bytes': setting('int', 4096, {
    min: 0,
    synonyms: ['log.index.interval.bytes'],
    documentation: 'How many bytes of log lie between two entries of the offset index.',
  }),
  'leader.replication.throttled.replicas': setting('list', '', {
    refuses: refusesReplicas,
    synonyms: [],
    documentation: 'The replicas whose replication is throttled on the side of the leader.',
  }),
  'local.retention.bytes': setting('long', -2, {
    min: -2,
    synonyms: ['log.local.retention.bytes'],
    documentation: 'The most bytes that tiered storage keeps here; -2 takes retention.bytes.',
  }),
  'local.retention.ms': setting('long', -2, {
    min: -2,
    synonyms: ['log.local.retention.ms'],
    documentation:
      'The longest time that tiered storage keeps a segment here; -2 takes retention.ms.',
  }),
  'max.compaction.lag.ms': setting('long', UNBOUNDED, {
    min: 1,
    synonyms: ['log.cleaner.max.compaction.lag.ms'],
    documentation: 'The longest time that a record can stay uncompacted.',
  }),
  'max.message.bytes': setting('int', MIB + 12, {
    min: 0,
    synonyms: ['message.max.bytes'],
    documentation: 'The largest record batch that is taken, in bytes after compression.',
  }),
  'message.timestamp.after.max.ms': setting('long', HOUR_MS, {
    min: 0,
    synonyms: ['log.message.timestamp.after.max.ms'],
    documentation: "How far a record's CreateTime may lie after the broker's time.",
  }),
  'message.timestamp.before.max.ms': setting('long', UNBOUNDED, {
    min: 0,
    synonyms: ['log.message.timestamp.before.max.ms'],
    documentation: "How far a record's CreateTime may lie before the broker's time.",
  }),
  'message.timestamp.type': setting('string', 'CreateTime', {
    oneOf: ['CreateTime', 'LogAppendTime'],
    synonyms: ['log.message.timestamp.type'],
    documentation: "Whether records keep the producer's timestamp or get the broker's time.",
  }),
  'min.cleanable.dirty.ratio': setting('double', 0.5, {
    min: 0,
    max: 1,
    synonyms: ['log.cleaner.min.cleanable.ratio'],
    documentation: 'The part of a log that must be uncompacted before it is compacted again.',
  }),
  'min.compaction.lag.ms': setting('long', 0, {
    min: 0,
    synonyms: ['log.cleaner.min.compaction.lag.ms'],
    documentation: 'The shortest time that a record stays uncompacted.',
  }),
  'min.insync.replicas': setting('int', 1, {
    min: 1,
    synonyms: ['min.insync.replicas'],
    documentation: 'How many replicas must have a batch before acks=all is answered.',
  }),
  preallocate: setting('boolean', false, {
    synonyms: ['log.preallocate'],
    documentation: 'Whether the file of a new segment gets its space on disk at once.',
  }),
  'remote.log.copy.disable': setting('boolean', false, {
    synonyms: [],
    documentation: 'Whether tiered storage takes no more copies of this topic.',
  }),
  'remote.log.delete.on.disable': setting('boolean', false, {
    synonyms: [],
    documentation:
      'Whether tiered copies are deleted when tiered storage is turned off for this topic.',
  }),
  'remote.storage.enable': setting('boolean', false, {
    refuses: value =>
      value === true ? 'Tiered Storage functionality is disabled in the broker.' : null,
    synonyms: [],
    documentation: 'Whether the topic uses tiered storage, which this broker does not have.',
  }),
  'retention.bytes': setting('long', -1, {
    synonyms: ['log.retention.bytes'],
    documentation: 'The size of a partition above which old segments are dropped; -1 for no bound.',
  }),
  'retention.ms': setting('long', 7 * DAY_MS, {
    min: -1,
    synonyms: [
      'log.retention.ms',
      ['log.retention.minutes', MINUTE_MS],
      ['log.retention.hours', HOUR_MS],
    ],
    documentation: 'The age above which old segments are dropped; -1 for no bound.',
  }),
  'segment.bytes': setting('int', 1024 * MIB, {
    min: MIB,
    synonyms: ['log.segment.bytes'],
    documentation: 'The size at which a new segment is begun.',
  }),
  'segment.index.bytes': setting('int', 10 * MIB, {
    min: 4,
    synonyms: ['log.index.size.max.bytes'],
    documentation: 'The largest size of an offset index.',
  }),
  'segment.jitter.ms': setting('long', 0, {
    min: 0,
    synonyms: ['log.roll.jitter.ms', ['log.roll.jitter.hours', HOUR_MS]],
    documentation: 'How much earlier, at random, a new segment may be begun.',
  }),
  'segment.ms': setting('long', 7 * DAY_MS, {
    min: 1,
    synonyms: ['log.roll.ms', ['log.roll.hours', HOUR_MS]],
    documentation: 'The age at which a new segment is begun.',
  }),
  'unclean.leader.election.enable': setting('boolean', false, {
    synonyms: ['unclean.leader.election.enable'],
    documentation: 'Whether a replica that is behind may become the leader when no other is left.',
  }),
};

export type TopicSettingName = keyof typeof TOPIC_SETTINGS;
/** The typed values of all topic settings, by their names. */
export type TopicSettings = {
  readonly [N in TopicSettingName]: ValueOf<(typeof TOPIC_SETTINGS)[N]>;
};

export type Configs = ReadonlyMap<string, string>;

/** A map, so that a name such as `constructor` is never found by accident. */
const BY_NAME: ReadonlyMap<string, TopicSetting> = new Map(Object.entries(TOPIC_SETTINGS));

export const TOPIC_SETTING_NAMES = Object.keys(TOPIC_SETTINGS) as readonly TopicSettingName[];

/** The definition of a topic setting; throws INVALID_CONFIG for a name that is none (LogConfig.validateNames). */
export function topicSetting(name: string): TopicSetting {
  const found = BY_NAME.get(name);
  if (found) return found;
  throw new BrokerError('INVALID_CONFIG', `Unknown topic config name: ${name}`);
}

/** Typed values of all settings: the topic's own where there is one, else the broker's, given as text. */
export function topicSettings(
  own: Configs,
  brokerText: (name: TopicSettingName) => string,
): TopicSettings {
  const values = TOPIC_SETTING_NAMES.map(name => {
    return [name, parseSetting(name, TOPIC_SETTINGS[name], own.get(name) ?? brokerText(name))];
  });
  return Object.fromEntries(values) as TopicSettings;
}

/**
 * LogConfig.validateValues: the one rule that spans two settings. It is for changes only: a topic that was valid when it was made
 * must not keep a broker with new defaults from starting.
 */
function checkCompactionLag(settings: TopicSettings): void {
  const min = settings['min.compaction.lag.ms'];
  const max = settings['max.compaction.lag.ms'];
  if (min <= max) return;
  const conflict = `min.compaction.lag.ms (${min}) > max.compaction.lag.ms (${max})`;
  throw new BrokerError('INVALID_CONFIG', `conflict topic config setting ${conflict}`);
}

/** Refuses a topic's own settings that have an unknown name, a bad value, or do not go together, with INVALID_CONFIG. */
export function checkTopicConfigs(
  own: Configs,
  brokerText: (name: TopicSettingName) => string,
): void {
  for (const name of own.keys()) topicSetting(name);
  checkCompactionLag(topicSettings(own, brokerText));
}
