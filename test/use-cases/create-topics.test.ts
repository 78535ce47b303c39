import { describe, expect, test } from 'vitest';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import type { Assignment, NewTopic } from '../../src/domain/model/cluster/topic-plan.ts';
import type { CreateTopicResult } from '../../src/domain/use-cases/create-topics.ts';
import { newTopic, startMetadata } from '../support/metadata-fixture.ts';
import { textTable } from '../support/text-table.ts';

async function tryToCreate(
  topics: Partial<NewTopic>[],
  given: { existing?: string[]; settings?: Record<string, string> } = {},
): Promise<CreateTopicResult[]> {
  const fixture = await startMetadata(new MemoryLogStorage(), given.settings);
  await fixture.create(...(given.existing ?? []).map(name => ({ name })));
  return fixture.createTopics.execute({ topics: topics.map(newTopic), validateOnly: false });
}

const outcome = ({ name, error, message }: CreateTopicResult): unknown => [name, error, message];

describe('creating topics', () => {
  test('gives each an id, its partitions and the settings that it has', async () => {
    const { createTopics, metadata } = await startMetadata();
    const configs = [{ name: 'retention.ms', value: '5' }];
    const topics = [newTopic({ partitions: 3, replicationFactor: 1, configs })];
    const [result] = await createTopics.execute({ topics, validateOnly: false });
    const topic = metadata.state.topicNamed('orders');
    expect(result).toMatchObject({ error: null, partitions: 3, replicationFactor: 1 });
    expect(result?.topicId).toBe(topic?.id);
    expect(topic?.partitionCount).toBe(3);
    const described = new Map(result?.configs.map(config => [config.name, config]));
    expect(described.get('retention.ms')).toMatchObject({
      value: '5',
      source: 'DYNAMIC_TOPIC_CONFIG',
    });
    expect(described.get('segment.ms')).toMatchObject({
      value: '604800000',
      source: 'DEFAULT_CONFIG',
    });
  });

  test('takes counts that are not given from the broker', async () => {
    const [result] = await tryToCreate([{}], { settings: { 'num.partitions': '7' } });
    expect(result).toMatchObject({ partitions: 7, replicationFactor: 1 });
  });

  test('only validates when that is all that is asked', async () => {
    const { createTopics, metadata } = await startMetadata();
    const topics = [newTopic({}), newTopic({ name: 'a/b' })];
    const results = await createTopics.execute({ topics, validateOnly: true });
    expect(results.map(result => result.error)).toEqual([null, 'INVALID_TOPIC_EXCEPTION']);
    expect(results[0]?.configs.length).toBeGreaterThan(30);
    expect(metadata.state.topicCount).toBe(0);
  });

  test('creates the good ones among bad ones, and answers in the order asked for', async () => {
    const topics = [{ name: 'a' }, { name: '..' }, { name: 'b' }];
    const results = await tryToCreate(topics);
    expect(results.map(({ name, error }) => [name, error])).toEqual([
      ['a', null],
      ['..', 'INVALID_TOPIC_EXCEPTION'],
      ['b', null],
    ]);
  });

  const REFUSED = textTable(`
    a/b                | 1        | 1  | INVALID_TOPIC_EXCEPTION    | ASCII alphanumerics
    ..                 | 1        | 1  | INVALID_TOPIC_EXCEPTION    | '..' is not allowed
                       | 1        | 1  | INVALID_TOPIC_EXCEPTION    | the empty string is not allowed
    __cluster_metadata | 1        | 1  | INVALID_REQUEST            | Creation of internal topic __cluster_metadata is prohibited.
    taken.name         | 1        | 1  | TOPIC_ALREADY_EXISTS       | Topic 'taken.name' already exists.
    taken_name         | 1        | 1  | INVALID_TOPIC_EXCEPTION    | Topic 'taken_name' collides with existing topic: taken.name
    orders             | 0        | 1  | INVALID_PARTITIONS         | Number of partitions was set to an invalid non-positive value.
    orders             | -2       | 1  | INVALID_PARTITIONS         | Number of partitions was set to an invalid non-positive value.
    orders             | 10001    | 1  | POLICY_VIOLATION           | Excessively large number of partitions per request.
    orders             | 10000000 | 1  | POLICY_VIOLATION           | Excessively large number of partitions per request.
    orders             | 1        | 0  | INVALID_REPLICATION_FACTOR | must be larger than 0, or -1
    orders             | 1        | -2 | INVALID_REPLICATION_FACTOR | must be larger than 0, or -1
    orders             | 1        | 2  | INVALID_REPLICATION_FACTOR | Unable to replicate the partition 2 time(s): The target replication factor of 2 cannot be reached because only 1 broker(s) are registered.
  `);

  test.each(REFUSED)(
    '"%s" × %s, %s replicas: %s',
    async (name, partitions, replicas, error, said) => {
      const counts = { partitions: Number(partitions), replicationFactor: Number(replicas) };
      const results = await tryToCreate([{ name: name, ...counts }], { existing: ['taken.name'] });
      expect(results.map(outcome)).toEqual([
        [name, error, expect.stringContaining(said) as string],
      ]);
    },
  );

  test('refuses a name of more than 249 characters', async () => {
    const [result] = await tryToCreate([{ name: 'x'.repeat(250) }]);
    expect(result?.error).toBe('INVALID_TOPIC_EXCEPTION');
  });

  test('counts the partitions of the whole request', async () => {
    const results = await tryToCreate([
      { name: 'a', partitions: 9_999 },
      { name: 'b', partitions: 2 },
    ]);
    expect(results.map(({ error }) => error)).toEqual(['POLICY_VIOLATION', 'POLICY_VIOLATION']);
  });

  test('takes as many partitions in one request as the bound says', async () => {
    const [result] = await tryToCreate([{ partitions: 10_000 }]);
    expect(result?.error).toBeNull();
  });

  test('refuses a default replication factor that one broker cannot reach', async () => {
    const [result] = await tryToCreate([{}], { settings: { 'default.replication.factor': '3' } });
    expect(result?.error).toBe('INVALID_REPLICATION_FACTOR');
  });

  test('refuses a name given twice, once, and creates the others', async () => {
    const results = await tryToCreate([{ name: 'a' }, { name: 'b' }, { name: 'a' }]);
    expect(results.map(outcome)).toEqual([
      ['a', 'INVALID_REQUEST', 'Duplicate topic name.'],
      ['b', null, null],
    ]);
  });

  test('refuses the second of two names that collide', async () => {
    const results = await tryToCreate([{ name: 'a.b' }, { name: 'a_b' }]);
    expect(results.map(({ error }) => error)).toEqual([null, 'INVALID_TOPIC_EXCEPTION']);
  });

  const BAD_CONFIGS = textTable(`
    retention.msec    | 5       | Unknown topic config name: retention.msec
    __proto__         | 5       | Unknown topic config name: __proto__
    retention.ms      | soon    | Invalid value soon for configuration retention.ms: Not a number of type LONG
    cleanup.policy    | compact,archive | String must be one of: compact, delete
  `);

  test.each(BAD_CONFIGS)('the setting %s = %s is INVALID_CONFIG', async (name, value, said) => {
    const [result] = await tryToCreate([{ configs: [{ name: name, value: value }] }]);
    expect(result).toMatchObject({
      error: 'INVALID_CONFIG',
      message: expect.stringContaining(said) as string,
    });
  });

  test('refuses a setting without a value', async () => {
    const [result] = await tryToCreate([{ configs: [{ name: 'retention.ms', value: null }] }]);
    const message = 'Null value not supported for topic configs: retention.ms';
    expect(result).toMatchObject({ error: 'INVALID_CONFIG', message });
  });
});

describe('manual assignments', () => {
  const assign = (text: string): Assignment[] =>
    text.split(' ').map(pair => {
      const [partition, ids = ''] = pair.split(':');
      const brokerIds = ids === '' ? [] : ids.split(',').map(Number);
      return { partition: Number(partition), brokerIds };
    });

  test('name this broker for each partition', async () => {
    const [result] = await tryToCreate([{ assignments: assign('1:1 0:1') }]);
    expect(result).toMatchObject({ error: null, partitions: 2, replicationFactor: 1 });
  });

  const REFUSED = textTable(`
    0:1 0:1 | INVALID_REPLICA_ASSIGNMENT | Found multiple manual partition assignments for partition 0
    0:1 2:1 | INVALID_REPLICA_ASSIGNMENT | partitions should be a consecutive 0-based integer sequence
    -1:1    | INVALID_REPLICA_ASSIGNMENT | partitions should be a consecutive 0-based integer sequence
    0:      | INVALID_REPLICA_ASSIGNMENT | includes an empty replica list.
    0:2     | INVALID_REPLICA_ASSIGNMENT | includes broker 2, but no such broker is registered.
    0:1,2   | INVALID_REPLICA_ASSIGNMENT | includes broker 2, but no such broker is registered.
    0:1,1   | INVALID_REPLICA_ASSIGNMENT | includes the broker 1 more than once.
  `);

  test.each(REFUSED)('%s is %s: %s', async (text, error, said) => {
    const [result] = await tryToCreate([{ assignments: assign(text) }]);
    expect(result).toMatchObject({ error, message: expect.stringContaining(said) as string });
  });

  test.each([
    [{ replicationFactor: 1 }, 'replication factor was not set to -1.'],
    [{ partitions: 1 }, 'numPartitions was not set to -1.'],
  ])('do not go with %j', async (count, said) => {
    const [result] = await tryToCreate([{ assignments: assign('0:1'), ...count }]);
    expect(result).toMatchObject({
      error: 'INVALID_REQUEST',
      message: `A manual partition assignment was specified, but ${said}`,
    });
  });
});
