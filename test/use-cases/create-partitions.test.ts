import { describe, expect, test } from 'vitest';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import { CreatePartitions } from '../../src/domain/use-cases/create-partitions.ts';
import { BROKER_ID, startMetadata } from '../support/metadata-fixture.ts';
import { textTable } from '../support/text-table.ts';

describe('creating partitions', () => {
  test('grows a topic, also after a restart', async () => {
    const disk = new MemoryLogStorage();
    const { metadata, create } = await startMetadata(disk);
    const [topic] = await create({ name: 'a', partitions: 2 });
    const topics = [{ name: 'a', count: 4, assignments: [[1], [1]] }];
    const command = { topics, validateOnly: false };
    const results = await new CreatePartitions(metadata, BROKER_ID).execute(command);
    expect(results).toEqual([{ name: 'a', error: null, message: null }]);
    expect(topic?.partitionCount).toBe(4);
    expect((await startMetadata(disk)).metadata.state.topicNamed('a')?.partitionCount).toBe(4);
  });

  test('only validates when that is all that is asked', async () => {
    const { metadata, create } = await startMetadata();
    const [topic] = await create({ name: 'a' });
    const topics = [{ name: 'a', count: 4, assignments: null }];
    const command = { topics, validateOnly: true };
    const [result] = await new CreatePartitions(metadata, BROKER_ID).execute(command);
    expect(result?.error).toBeNull();
    expect(topic?.partitionCount).toBe(1);
  });

  const REFUSED = textTable(`
    none | 3     |         | UNKNOWN_TOPIC_OR_PARTITION | This server does not host this topic-partition.
    a    | 2     |         | INVALID_PARTITIONS         | Topic already has 2 partition(s).
    a    | 1     |         | INVALID_PARTITIONS         | The topic a currently has 2 partition(s); 1 would not be an increase.
    a    | -1    |         | INVALID_PARTITIONS         | The topic a currently has 2 partition(s); -1 would not be an increase.
    a    | 10003 |         | POLICY_VIOLATION           | Excessively large number of partitions per request.
    a    | 4     | [[1]]   | INVALID_REPLICA_ASSIGNMENT | Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.
    a    | 3     | [[7]]   | INVALID_REPLICA_ASSIGNMENT | The manual partition assignment includes broker 7, but no such broker is registered.
    a    | 3     | [[]]    | INVALID_REPLICA_ASSIGNMENT | The manual partition assignment includes an empty replica list.
  `);

  test.each(REFUSED)('%s to %s %s is %s', async (name, count, assigned, error, message) => {
    const { metadata, create } = await startMetadata();
    const [topic] = await create({ name: 'a', partitions: 2 });
    const assignments = assigned === '' ? null : (JSON.parse(assigned) as number[][]);
    const topics = [{ name: name, count: Number(count), assignments }];
    const useCase = new CreatePartitions(metadata, BROKER_ID);
    const results = await useCase.execute({ topics, validateOnly: false });
    expect(results).toEqual([{ name, error, message }]);
    expect(topic?.partitionCount).toBe(2);
  });

  test('refuses a topic that is named twice', async () => {
    const { metadata, create } = await startMetadata();
    await create({ name: 'a' });
    const more = { name: 'a', count: 3, assignments: null };
    const command = { topics: [more, more], validateOnly: false };
    const results = await new CreatePartitions(metadata, BROKER_ID).execute(command);
    expect(results).toEqual([
      { name: 'a', error: 'INVALID_REQUEST', message: 'Duplicate topic name.' },
    ]);
  });

  test('counts the partitions of the whole request', async () => {
    const { metadata, create } = await startMetadata();
    await create({ name: 'a' }, { name: 'b' });
    const more = (name: string) => ({ name, count: 6_001, assignments: null });
    const command = { topics: [more('a'), more('b')], validateOnly: false };
    const results = await new CreatePartitions(metadata, BROKER_ID).execute(command);
    expect(results.map(({ error }) => error)).toEqual([null, 'POLICY_VIOLATION']);
  });
});
