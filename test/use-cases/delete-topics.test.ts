import { describe, expect, test } from 'vitest';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import type { Topic } from '../../src/domain/model/topic/topic.ts';
import { DeleteTopics } from '../../src/domain/use-cases/delete-topics.ts';
import { METADATA_PARTITION } from '../../src/domain/use-cases/runtime/metadata-log.ts';
import { StorageError, type LogStorage } from '../../src/ports/log-storage.ts';
import { startMetadata, type MetadataFixture } from '../support/metadata-fixture.ts';

const named = (name: string) => ({ name, topicId: null });
const withId = (topicId: string) => ({ name: null, topicId });

interface Deletion extends MetadataFixture {
  readonly deleteTopics: DeleteTopics;
  readonly warnings: string[];
  /** For each removal, the topic and whether the metadata still had it. */
  readonly removed: [name: string, stillKnown: boolean][];
}

async function startDeletion(
  disk: LogStorage = new MemoryLogStorage(),
  given: Record<string, string> = {},
): Promise<Deletion> {
  const fixture = await startMetadata(disk, given);
  const { storage, metadata } = fixture;
  const removed: Deletion['removed'] = [];
  const warnings: string[] = [];
  const remove = async (topic: Topic): Promise<void> => {
    removed.push([topic.name, metadata.state.topicNamed(topic.name) !== undefined]);
    for (let partition = 0; partition < topic.partitionCount; partition++) {
      await storage.remove({ topicId: topic.id, topic: topic.name, partition });
    }
  };
  const warn = (_: object, message: string): void => void warnings.push(message);
  const logger = { info: warn, warn, error: warn };
  const deleteTopics = new DeleteTopics(metadata, { remove }, logger);
  return { ...fixture, deleteTopics, removed, warnings };
}

describe('deleting topics', () => {
  test('by name and by id, durably, and removes their logs after that', async () => {
    const disk = new MemoryLogStorage();
    const { deleteTopics, metadata, create, removed } = await startDeletion(disk);
    const [a, b] = await create({ name: 'a' }, { name: 'b' }, { name: 'c' });
    const results = await deleteTopics.execute([named('a'), withId(b!.id)]);
    expect(results).toEqual([
      { name: 'a', topicId: a!.id, error: null, message: null },
      { name: 'b', topicId: b!.id, error: null, message: null },
    ]);
    expect(removed).toEqual([
      ['a', false],
      ['b', false],
    ]);
    expect([...metadata.state.topics()].map(topic => topic.name)).toEqual(['c']);
    const restarted = await startMetadata(disk);
    expect([...restarted.metadata.state.topics()].map(topic => topic.name)).toEqual(['c']);
  });

  test('refuses what is unknown, twice there, or half said', async () => {
    const { deleteTopics, create, metadata } = await startDeletion();
    const [a] = await create({ name: 'a' }, { name: 'b' });
    const results = await deleteTopics.execute([
      named('none'),
      withId('no-such-id'),
      named('b'),
      named('b'),
      { name: null, topicId: null },
      { name: 'a', topicId: a!.id },
      named('__cluster_metadata'),
    ]);
    expect(results.map(({ error, message }) => [error, message])).toEqual([
      ['UNKNOWN_TOPIC_OR_PARTITION', 'This server does not host this topic-partition.'],
      ['UNKNOWN_TOPIC_ID', 'This server does not host this topic ID.'],
      ['INVALID_REQUEST', 'Duplicate topic name.'],
      ['INVALID_REQUEST', 'Neither topic name nor id were specified.'],
      ['INVALID_REQUEST', 'You may not specify both topic name and topic id.'],
      ['UNKNOWN_TOPIC_OR_PARTITION', 'This server does not host this topic-partition.'],
    ]);
    expect(metadata.state.topicCount).toBe(2);
  });

  test("refuses the broker's own, by name and by id", async () => {
    const { deleteTopics, create, metadata, removed } = await startDeletion();
    const [own] = await create({ name: '__consumer_offsets' }, { name: '__mine' });
    const refusal = {
      error: 'INVALID_TOPIC_EXCEPTION',
      message: "the topic is the broker's own",
    };
    const references = [named('__consumer_offsets'), withId(own!.id), named('__mine')];
    const results = await deleteTopics.execute(references);
    expect(results.slice(0, 2)).toEqual([
      { ...named('__consumer_offsets'), ...refusal },
      { ...withId(own!.id), ...refusal },
    ]);
    expect(results[2]).toMatchObject({ name: '__mine', error: null });
    expect(removed).toEqual([['__mine', false]]);
    expect(metadata.state.topicNamed('__consumer_offsets')).toBeDefined();
  });

  test('deletes a topic once when its name and its id are both given', async () => {
    const { deleteTopics, create, removed } = await startDeletion();
    const [a] = await create({ name: 'a' });
    const results = await deleteTopics.execute([withId(a!.id), named('a')]);
    expect(results.map(({ error }) => error)).toEqual([null, 'INVALID_REQUEST']);
    expect(removed.length).toBe(1);
  });

  test('is refused as a whole where it is disabled', async () => {
    const fixture = await startDeletion(new MemoryLogStorage(), { 'delete.topic.enable': 'false' });
    await fixture.create({ name: 'a' });
    await expect(fixture.deleteTopics.execute([named('a')])).rejects.toMatchObject({
      code: 'TOPIC_DELETION_DISABLED',
    });
    expect(fixture.metadata.state.topicNamed('a')).toBeDefined();
  });

  test('removes no log when the deletion cannot be written', async () => {
    const { deleteTopics, storage, create, removed, metadata } = await startDeletion();
    await create({ name: 'a' });
    storage.failNextCommit = new StorageError('failed', 'EIO');
    await expect(deleteTopics.execute([named('a')])).rejects.toMatchObject({
      code: 'KAFKA_STORAGE_ERROR',
    });
    expect(removed).toEqual([]);
    expect(metadata.state.topicNamed('a')).toBeDefined();
  });

  test('has succeeded when only the logs could not be removed; the next start removes them', async () => {
    const disk = new MemoryLogStorage();
    const first = await startDeletion(disk);
    const [a, b] = await first.create({ name: 'a', partitions: 2 }, { name: 'b' });
    for (const [topic, partition] of [
      [a!, 0],
      [a!, 1],
      [b!, 0],
      [b!, 1],
    ] as const) {
      await first.storage.open({ topicId: topic.id, topic: topic.name, partition }, 1, topic);
    }
    first.storage.failRemove = new StorageError('failed', 'EIO');
    const [result] = await first.deleteTopics.execute([named('a')]);
    expect(result?.error).toBeNull();
    expect(first.warnings).toHaveLength(1);

    const second = await startDeletion(disk);
    expect(await second.deleteTopics.removeOrphans(second.storage)).toBe(3);
    const left = (await disk.list()).map(({ topicId, partition }) => [topicId, partition]);
    expect(left).toEqual([
      [METADATA_PARTITION.topicId, 0],
      [b!.id, 0],
    ]);
  });
});
