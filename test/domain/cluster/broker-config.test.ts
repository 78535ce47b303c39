import { describe, expect, test } from 'vitest';
import { BrokerConfig } from '../../../src/domain/model/cluster/broker-config.ts';
import { ALL_BROKER_SETTINGS } from '../../../src/domain/model/cluster/broker-settings.ts';
import { parseSetting } from '../../../src/domain/model/config/setting.ts';
import { textTable } from '../../support/text-table.ts';

const configOf = (given: Record<string, string> = {}): BrokerConfig =>
  new BrokerConfig(new Map(Object.entries(given)));

describe('broker settings', () => {
  test('have valid defaults and a sentence each', () => {
    for (const [name, setting] of ALL_BROKER_SETTINGS) {
      expect(setting.documentation).toMatch(/^[A-Z].*\.$/);
      if (setting.initial !== null) parseSetting(name, setting, setting.initial);
    }
  });

  test('are typed', () => {
    const config = configOf({ 'num.partitions': '4' });
    expect(config.get('num.partitions')).toBe(4);
    expect(config.get('auto.create.topics.enable')).toBe(true);
    expect(config.get('flush.policy')).toBe('acks-all');
    expect(config.get('socket.request.max.bytes')).toBe(104_857_600);
    expect(config.get('fetch.max.bytes')).toBe(57_671_680);
  });

  test('apply layer by layer, the dynamic ones first', () => {
    const config = configOf({ 'max.connections': '1' });
    config.alter('cluster', new Map([['max.connections', '2']]));
    config.alter('broker', new Map([['max.connections', '3']]));
    expect(config.get('max.connections')).toBe(3);
    expect(config.sources('max.connections').map(({ value, source }) => [value, source])).toEqual([
      ['3', 'DYNAMIC_BROKER_CONFIG'],
      ['2', 'DYNAMIC_DEFAULT_BROKER_CONFIG'],
      ['1', 'STATIC_BROKER_CONFIG'],
      ['2147483647', 'DEFAULT_CONFIG'],
    ]);
    config.alter('broker', new Map());
    expect(config.get('max.connections')).toBe(2);
  });

  const DEFAULTS = textTable(`
    log.retention.hours=2                            | retention.ms      | 7200000
    log.retention.hours=-1                           | retention.ms      | -1
    log.retention.hours=2,log.retention.minutes=3    | retention.ms      | 180000
    log.retention.minutes=3,log.retention.ms=4       | retention.ms      | 4
    log.roll.hours=1                                 | segment.ms        | 3600000
    log.roll.jitter.hours=1                          | segment.jitter.ms | 3600000
    log.flush.scheduler.interval.ms=7                | flush.ms          | 7
    message.max.bytes=9                              | max.message.bytes | 9
                                                     | retention.ms      | 604800000
                                                     | segment.ms        | 604800000
                                                     | flush.ms          | 9223372036854775807
  `);

  test.each(DEFAULTS)('with "%s" the default of %s is %s', (given, name, value) => {
    const pairs = given === '' ? [] : given.split(',').map(pair => pair.split('='));
    const config = configOf(Object.fromEntries(pairs) as Record<string, string>);
    expect(config.topicDefault(name as 'retention.ms')).toBe(value);
  });

  const REFUSED = textTable(`
    num.partition          | 1        | Unknown broker config name: num.partition
    num.partitions         | 0        | Invalid value 0 for configuration num.partitions: Value must be at least 1
    flush.policy           | always   | String must be one of: acks-all, interval, never
    log.roll.hours         | 0        | Value must be at least 1
    log.retention.hours    | -2       | Value must be at least -1
    log.segment.bytes      | 10       | Value must be at least 1048576
    log.cleaner.max.compaction.lag.ms | 0 | Value must be at least 1
    group.consumer.assignors | range,sticky | String must be one of: uniform, range
    group.consumer.assignors |       | Configuration cannot be empty
    group.consumer.assignors | range,range | Configuration has duplicates
    group.consumer.max.size  | 0     | Value must be at least 1
    group.consumer.migration.policy | none | String must be one of (case insensitive): disabled, downgrade, upgrade, bidirectional
  `);

  test.each(REFUSED)('%s = %s stops the start: %s', (name, value, reason) => {
    expect(() => configOf({ [name]: value })).toThrow(
      expect.objectContaining({
        code: 'INVALID_CONFIG',
        message: expect.stringContaining(reason) as string,
      }),
    );
  });

  // The constructor of GroupCoordinatorConfig
  const BOUNDED = textTable(`
    session.timeout.ms=44999        | min.session.timeout.ms (45000) must be no more than session.timeout.ms (44999)
    session.timeout.ms=60001        | session.timeout.ms (60001) must be no more than max.session.timeout.ms (60000)
    heartbeat.interval.ms=4999      | min.heartbeat.interval.ms (5000) must be no more than heartbeat.interval.ms (4999)
    heartbeat.interval.ms=15001     | heartbeat.interval.ms (15001) must be no more than max.heartbeat.interval.ms (15000)
    min.session.timeout.ms=60001    | min.session.timeout.ms (60001) must be no more than max.session.timeout.ms (60000)
    min.heartbeat.interval.ms=15001 | min.heartbeat.interval.ms (15001) must be no more than max.heartbeat.interval.ms (15000)
    max.heartbeat.interval.ms=45000,heartbeat.interval.ms=45000 | heartbeat.interval.ms (45000) must be less than session.timeout.ms (45000)
    max.heartbeat.interval.ms=45000,heartbeat.interval.ms=44999 |
    session.timeout.ms=60000        |
  `);

  test.each(BOUNDED)('of consumer groups, with %s: %s', (given, problem) => {
    const pairs = given.split(',').map(pair => `group.consumer.${pair}`.split('='));
    const settings = Object.fromEntries(pairs) as Record<string, string>;
    const whole = problem.replaceAll(/[a-z.]+ \(/g, 'group.consumer.$&');
    if (problem === '') expect(() => configOf(settings)).not.toThrow();
    else expect(() => configOf(settings)).toThrow(whole);
  });

  test('that do not go together stop the start', () => {
    const lags = {
      'log.cleaner.min.compaction.lag.ms': '6',
      'log.cleaner.max.compaction.lag.ms': '5',
    };
    expect(() => configOf(lags)).toThrow('min.compaction.lag.ms (6) > max.compaction.lag.ms (5)');
  });
});
