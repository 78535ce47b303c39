import { describe, expect, test } from 'vitest';
import {
  checkTopicConfigs,
  TOPIC_SETTING_NAMES,
  TOPIC_SETTINGS,
  topicSettings,
  type TopicSettingName,
} from '../../../src/domain/model/topic/topic-config.ts';
import { textTable } from '../../support/text-table.ts';

const kafkaDefault = (name: TopicSettingName): string => TOPIC_SETTINGS[name].initial;
const check = (configs: Record<string, string>): void =>
  checkTopicConfigs(new Map(Object.entries(configs)), kafkaDefault);

describe('topic settings', () => {
  /** Kafka 4.x documentation, "Topic configs": name, default, and the broker setting below it. */
  const KAFKA = textTable(`
    cleanup.policy                           | delete              | log.cleanup.policy
    compression.gzip.level                   | -1                  | compression.gzip.level
    compression.lz4.level                    | 9                   | compression.lz4.level
    compression.type                         | producer            | compression.type
    compression.zstd.level                   | 3                   | compression.zstd.level
    delete.retention.ms                      | 86400000            | log.cleaner.delete.retention.ms
    file.delete.delay.ms                     | 60000               | log.segment.delete.delay.ms
    flush.messages                           | 9223372036854775807 | log.flush.interval.messages
    flush.ms                                 | 9223372036854775807 | log.flush.interval.ms
    follower.replication.throttled.replicas  |                     |
    index.interval.bytes                     | 4096                | log.index.interval.bytes
    leader.replication.throttled.replicas    |                     |
    local.retention.bytes                    | -2                  | log.local.retention.bytes
    local.retention.ms                       | -2                  | log.local.retention.ms
    max.compaction.lag.ms                    | 9223372036854775807 | log.cleaner.max.compaction.lag.ms
    max.message.bytes                        | 1048588             | message.max.bytes
    message.timestamp.after.max.ms           | 3600000             | log.message.timestamp.after.max.ms
    message.timestamp.before.max.ms          | 9223372036854775807 | log.message.timestamp.before.max.ms
    message.timestamp.type                   | CreateTime          | log.message.timestamp.type
    min.cleanable.dirty.ratio                | 0.5                 | log.cleaner.min.cleanable.ratio
    min.compaction.lag.ms                    | 0                   | log.cleaner.min.compaction.lag.ms
    min.insync.replicas                      | 1                   | min.insync.replicas
    preallocate                              | false               | log.preallocate
    remote.log.copy.disable                  | false               |
    remote.log.delete.on.disable             | false               |
    remote.storage.enable                    | false               |
    retention.bytes                          | -1                  | log.retention.bytes
    retention.ms                             | 604800000           | log.retention.ms
    segment.bytes                            | 1073741824          | log.segment.bytes
    segment.index.bytes                      | 10485760            | log.index.size.max.bytes
    segment.jitter.ms                        | 0                   | log.roll.jitter.ms
    segment.ms                               | 604800000           | log.roll.ms
    unclean.leader.election.enable           | false               | unclean.leader.election.enable
  `);

  test('are those of Kafka, with its defaults and synonyms', () => {
    const ours = TOPIC_SETTING_NAMES.map(name => {
      const { initial, synonyms } = TOPIC_SETTINGS[name];
      return [name, initial, String(synonyms[0] ?? '')];
    });
    expect(ours).toEqual(KAFKA);
  });

  test('have defaults that are valid, and a sentence each', () => {
    expect(() => check({})).not.toThrow();
    for (const name of TOPIC_SETTING_NAMES) {
      expect(TOPIC_SETTINGS[name].documentation).toMatch(/^[A-Z].*\.$/);
    }
  });

  test('give typed values, own ones before those of the broker', () => {
    const own = new Map([['retention.ms', '-1']]);
    const settings = topicSettings(own, name => {
      return name === 'cleanup.policy' ? 'compact,delete' : kafkaDefault(name);
    });
    expect(settings['retention.ms']).toBe(-1);
    expect(settings['cleanup.policy']).toEqual(['compact', 'delete']);
    expect(settings['preallocate']).toBe(false);
    expect(settings['flush.ms']).toBe(Number.MAX_SAFE_INTEGER);
  });

  const REFUSED = textTable(`
    retention.ms                          | -2          | Value must be at least -1
    segment.bytes                         | 1048575     | Value must be at least 1048576
    segment.ms                            | 0           | Value must be at least 1
    max.message.bytes                     | -1          | Value must be at least 0
    max.message.bytes                     | 1 MB        | Not a number of type INT
    cleanup.policy                        | compress    | String must be one of: compact, delete
    compression.type                      | none        | String must be one of: uncompressed, zstd
    compression.gzip.level                | 0           | Value must be between 1 and 9 or equal to -1
    compression.lz4.level                 | 18          | Value must be no more than 17
    message.timestamp.type                | createtime  | String must be one of: CreateTime, LogAppendTime
    min.insync.replicas                   | 0           | Value must be at least 1
    min.cleanable.dirty.ratio             | 1.1         | Value must be no more than 1
    remote.storage.enable                 | true        | Tiered Storage functionality is disabled in the broker.
    leader.replication.throttled.replicas | 0:1,x       | must be the literal '*' or a list of replicas
    max.compaction.lag.ms                 | 0           | Value must be at least 1
    retention                             | 5           | Unknown topic config name: retention
    constructor                           | 5           | Unknown topic config name: constructor
    message.format.version                | 2.8         | Unknown topic config name: message.format.version
  `);

  test.each(REFUSED)('%s = %s is refused: %s', (name, value, reason) => {
    expect(() => check({ [name]: value })).toThrow(
      expect.objectContaining({
        code: 'INVALID_CONFIG',
        message: expect.stringContaining(reason) as string,
      }),
    );
  });

  const TAKEN = textTable(`
    compression.gzip.level                | -1
    compression.zstd.level                | -131072
    leader.replication.throttled.replicas | *
    leader.replication.throttled.replicas | 0:1,12:3
    cleanup.policy                        | compact,delete
    max.message.bytes                     | 0
    retention.bytes                       | -5
  `);

  test.each(TAKEN)('%s = %s is taken', (name, value) => {
    expect(() => check({ [name]: value })).not.toThrow();
  });

  test('must go together', () => {
    const lags = { 'min.compaction.lag.ms': '11', 'max.compaction.lag.ms': '10' };
    expect(() => check(lags)).toThrow('min.compaction.lag.ms (11) > max.compaction.lag.ms (10)');
  });
});
