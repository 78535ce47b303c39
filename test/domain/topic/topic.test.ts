import { expect, test } from 'vitest';
import { BrokerConfig } from '../../../src/domain/model/cluster/broker-config.ts';
import { Topic } from '../../../src/domain/model/topic/topic.ts';
import type { LogSettings } from '../../../src/ports/log-storage.ts';

function topicWith(configs: Record<string, string>, broker: BrokerConfig): Topic {
  const facts = { id: 'T1', name: 'orders', partitionCount: 3 };
  return new Topic({ ...facts, configs: new Map(Object.entries(configs)) }, broker.topicDefault);
}

test('a topic has its own settings above those of the broker', () => {
  const broker = new BrokerConfig(new Map([['message.max.bytes', '500']]));
  const topic = topicWith({ 'cleanup.policy': 'compact' }, broker);
  expect(topic.maxMessageBytes).toBe(500);
  expect(topic.compacted).toBe(true);
  expect(topic.timestampType).toBe('CreateTime');
  expect(topic.timestampAfterMaxMs).toBe(3_600_000);
  expect(topic.timestampBeforeMaxMs).toBe(Number.MAX_SAFE_INTEGER);
  expect(topic.compressionType).toBe('producer');
  expect(topic.internal).toBe(false);
});

test('whoever holds the settings of a topic sees them change', () => {
  const broker = new BrokerConfig(new Map());
  const topic = topicWith({}, broker);
  const held: LogSettings = topic;
  expect(held.segmentBytes).toBe(1024 ** 3);
  expect(held.segmentMs).toBe(604_800_000);
  expect(held.indexIntervalBytes).toBe(4096);
  topic.configure(new Map([['segment.bytes', '2000000']]), broker.topicDefault);
  expect(held.segmentBytes).toBe(2_000_000);
  broker.alter('cluster', new Map([['log.roll.ms', '5']]));
  topic.configure(topic.configs, broker.topicDefault);
  expect(held.segmentMs).toBe(5);
  expect(held.segmentBytes).toBe(2_000_000);
});
