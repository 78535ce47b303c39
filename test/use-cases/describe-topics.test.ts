import { describe, expect, test } from 'vitest';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import {
  DescribeTopicPartitions,
  type DescribeTopicPartitionsQuery,
} from '../../src/domain/use-cases/describe-topic-partitions.ts';
import { DescribeTopics, type DescribedTopic } from '../../src/domain/use-cases/describe-topics.ts';
import { DescribeCluster } from '../../src/domain/use-cases/describe-cluster.ts';
import { StorageError } from '../../src/ports/log-storage.ts';
import { startMetadata } from '../support/metadata-fixture.ts';
import { textTable } from '../support/text-table.ts';

async function startDescription(given: Record<string, string> = {}) {
  const fixture = await startMetadata(new MemoryLogStorage(), given);
  const useCase = new DescribeTopics(fixture.metadata.state, fixture.createTopics);
  const byName = (names: string[], allowAutoCreation = false): Promise<DescribedTopic[]> => {
    const topics = names.map(name => ({ name, topicId: null }));
    return useCase.execute({ topics, allowAutoCreation });
  };
  return { ...fixture, useCase, byName };
}

const shown = ({ name, error }: DescribedTopic): unknown => [name, error];

describe('describing topics', () => {
  test('finds them by name, each once', async () => {
    const { byName, create } = await startDescription();
    const [a] = await create({ name: 'a', partitions: 3 });
    const [first, ...rest] = await byName(['a', 'none', 'a', 'x/y']);
    expect(first).toEqual({ error: null, name: 'a', topicId: a!.id, topic: a });
    expect(rest.map(shown)).toEqual([
      ['none', 'UNKNOWN_TOPIC_OR_PARTITION'],
      ['x/y', 'INVALID_TOPIC_EXCEPTION'],
    ]);
  });

  test('finds them by id', async () => {
    const { useCase, create, metadata } = await startDescription();
    const [a] = await create({ name: 'a' });
    const topics = [a!.id, 'nobody', a!.id].map(topicId => ({ name: null, topicId }));
    const results = await useCase.execute({ topics, allowAutoCreation: true });
    expect(results).toEqual([
      { error: null, name: 'a', topicId: a!.id, topic: a },
      { error: 'UNKNOWN_TOPIC_ID', name: null, topicId: 'nobody', topic: null },
    ]);
    expect(metadata.state.topicCount).toBe(1);
  });

  test('finds all of them, and none when none is asked for', async () => {
    const { useCase, create } = await startDescription();
    await create({ name: 'a' }, { name: 'b' });
    const all = await useCase.execute({ topics: null, allowAutoCreation: true });
    expect(all.map(shown)).toEqual([
      ['a', null],
      ['b', null],
    ]);
    expect(await useCase.execute({ topics: [], allowAutoCreation: true })).toEqual([]);
  });

  test('creates what is missing when client and broker allow it, and answers it at once', async () => {
    const { byName } = await startDescription({ 'num.partitions': '4' });
    const [result] = await byName(['new'], true);
    expect(result).toMatchObject({ error: null, name: 'new' });
    expect(result?.topic?.partitionCount).toBe(4);
  });

  test('creates a topic once, however many ask at the same time', async () => {
    const { byName, metadata } = await startDescription();
    const answers = await Promise.all([byName(['new'], true), byName(['new'], true)]);
    expect(answers.flat().map(shown)).toEqual([
      ['new', null],
      ['new', null],
    ]);
    expect(metadata.state.topicCount).toBe(1);
  });

  test.each([
    [false, 'true'],
    [true, 'false'],
  ])('creates nothing when the client says %s and the broker %s', async (allowed, enabled) => {
    const { byName, metadata } = await startDescription({ 'auto.create.topics.enable': enabled });
    const [result] = await byName(['new'], allowed);
    expect(result?.error).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(metadata.state.topicCount).toBe(0);
  });

  const REFUSED = textTable(`
    a/b     | INVALID_TOPIC_EXCEPTION
    ..      | INVALID_TOPIC_EXCEPTION
    taken_1 | INVALID_TOPIC_EXCEPTION
    __cluster_metadata | INVALID_REQUEST
  `);

  test.each(REFUSED)('creates no topic %s on the way, and says %s', async (name, error) => {
    const { byName, create, metadata } = await startDescription();
    await create({ name: 'taken.1' });
    const results = await byName([name, 'fine'], true);
    expect(results.map(shown)).toEqual([
      [name, error],
      ['fine', null],
    ]);
    expect(metadata.state.topicCount).toBe(2);
  });

  test('fails as a whole when a new topic cannot be written', async () => {
    const { byName, storage } = await startDescription();
    storage.failNextCommit = new StorageError('failed', 'EIO');
    await expect(byName(['new'], true)).rejects.toMatchObject({ code: 'KAFKA_STORAGE_ERROR' });
  });
});

describe('describing partitions page by page', () => {
  async function startPages(given: Record<string, string> = {}) {
    const { metadata, create } = await startMetadata(new MemoryLogStorage(), given);
    await create({ name: 'c', partitions: 2 }, { name: 'a', partitions: 3 }, { name: 'b' });
    const useCase = new DescribeTopicPartitions(metadata.state);
    /** One page as text: `topic from-to` for each topic, then the cursor. */
    return (query: Partial<DescribeTopicPartitionsQuery>): string => {
      const whole = { names: [], cursor: null, partitionLimit: 100, ...query };
      const { topics, nextCursor } = useCase.execute(whole);
      const pages = topics.map(({ name, from, to, error }) => error ?? `${name} ${from}-${to}`);
      const next = nextCursor ? ` > ${nextCursor.topic} ${nextCursor.partition}` : '';
      return pages.join(', ') + next;
    };
  }

  const PAGES = textTable(`
              |     | 100 | a 0-3, b 0-1, c 0-2
              |     | 2   | a 0-2 > a 2
              | a 2 | 2   | a 2-3, b 0-1 > c 0
              | c 0 | 2   | c 0-2
              | a 3 | 100 | a 3-3, b 0-1, c 0-2
              | a 9 | 100 | a 3-3, b 0-1, c 0-2
              | aa 5| 100 | b 0-1, c 0-2
              |     | 0   | a 0-1 > a 1
              |     | -1  | a 0-1 > a 1
    c,a       |     | 100 | a 0-3, c 0-2
    c,a,c     | c 1 | 100 | c 1-2
    none,a/b  |     | 100 | INVALID_TOPIC_EXCEPTION, UNKNOWN_TOPIC_OR_PARTITION
    a,b       |     | 3   | a 0-3 > b 0
  `);

  test.each(PAGES)('of "%s" from "%s", %s at most: %s', async (names, cursor, limit, expected) => {
    const page = await startPages();
    const [topic = '', partition] = cursor.split(' ');
    const query = {
      names: names === '' ? [] : names.split(','),
      cursor: cursor === '' ? null : { topic, partition: Number(partition) },
      partitionLimit: Number(limit),
    };
    expect(page(query)).toBe(expected);
  });

  test('never answers with more than the broker allows', async () => {
    const page = await startPages({ 'max.request.partition.size.limit': '2' });
    expect(page({ partitionLimit: 2_147_483_647 })).toBe('a 0-2 > a 2');
  });

  test.each([
    [['a'], { topic: 'b', partition: 0 }, 'topic list should contain the cursor topic: b'],
    [[], { topic: 'a', partition: -1 }, 'cursor partition must be valid: -1'],
  ])('refuses for %j the cursor %j', async (names, cursor, said) => {
    const page = await startPages();
    expect(() => page({ names, cursor })).toThrow(
      expect.objectContaining({
        code: 'INVALID_REQUEST',
        message: `DescribeTopicPartitionsRequest ${said}`,
      }),
    );
  });
});

test('the cluster is this broker, under an id that stays', async () => {
  const { metadata } = await startMetadata();
  const self = { id: 1, host: '127.0.0.1', port: 9092 };
  expect(new DescribeCluster(metadata, () => self).execute()).toEqual({
    clusterId: metadata.clusterId,
    controllerId: 1,
    brokers: [self],
  });
  expect(metadata.clusterId).toHaveLength(22);
});
