import { crc32c } from '@node-rs/crc32';
import { describe, expect, test } from 'vitest';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import { buildBatch } from '../../src/domain/model/log/batch-builder.ts';
import type { TopicChange } from '../../src/domain/model/cluster/metadata.ts';
import { METADATA_PARTITION } from '../../src/domain/use-cases/runtime/metadata-log.ts';
import { StorageError, type LogStorage, type PartitionLog } from '../../src/ports/log-storage.ts';
import { FailingLogStorage } from '../support/failing-log-storage.ts';
import { startMetadata } from '../support/metadata-fixture.ts';

const SETTINGS = { segmentBytes: 1_000_000, segmentMs: 1_000_000, indexIntervalBytes: 4096 };

/** The metadata's log, for whoever looks at it after the broker; nobody else writes it any more. */
async function metadataLogOf(disk: LogStorage): Promise<PartitionLog> {
  const [stored] = await disk.list();
  return disk.open(METADATA_PARTITION, stored!.epoch, SETTINGS);
}

async function appendToMetadata(disk: LogStorage, value: string): Promise<void> {
  const log = await metadataLogOf(disk);
  const record = { key: null, value: Buffer.from(value) };
  log.append(buildBatch([record], { baseOffset: log.endOffset }, crc32c));
  await log.commit(true);
}

async function eventsIn(disk: LogStorage): Promise<number> {
  const log = await metadataLogOf(disk);
  return log.endOffset - log.startOffset;
}

describe('a restart', () => {
  test('keeps the cluster id, the topics, the settings and the producer ids', async () => {
    const disk = new MemoryLogStorage();
    const first = await startMetadata(disk);
    const [orders] = await first.create(
      { name: 'orders', partitions: 3, configs: [{ name: 'retention.ms', value: '60000' }] },
      { name: 'gone' },
    );
    await first.metadata.update(state => ({
      answer: null,
      events: [
        { type: 'topic-deleted', topicId: state.topicNamed('gone')!.id },
        { type: 'partitions-created', topicId: orders!.id, partitions: 4 },
        { type: 'broker-configs-altered', scope: 'cluster', configs: { 'message.max.bytes': '9' } },
        { type: 'producer-ids-allocated', nextProducerId: 3000 },
      ],
    }));

    const second = await startMetadata(disk);
    const topic = second.metadata.state.topicNamed('orders');
    expect(second.metadata.clusterId).toBe(first.metadata.clusterId);
    expect(topic?.id).toBe(orders!.id);
    expect(topic?.partitionCount).toBe(4);
    expect(topic?.settings['retention.ms']).toBe(60_000);
    expect(topic?.maxMessageBytes).toBe(9);
    expect(second.metadata.state.topicNamed('gone')).toBeUndefined();
    expect(second.metadata.state.nextProducerId).toBe(3000);
  });

  test('has the next epoch, and the writer before it changes nothing more', async () => {
    const disk = new MemoryLogStorage();
    const first = await startMetadata(disk);
    const second = await startMetadata(disk);
    expect([first.metadata.epoch, second.metadata.epoch]).toEqual([1, 2]);
    await expect(first.create({ name: 'late' })).rejects.toMatchObject({
      code: 'KAFKA_STORAGE_ERROR',
    });
    expect((await startMetadata(disk)).metadata.state.topicNamed('late')).toBeUndefined();
  });

  test('reads back a topic that new defaults of the broker would not allow', async () => {
    const disk = new MemoryLogStorage();
    const configs = [{ name: 'min.compaction.lag.ms', value: '10' }];
    await (await startMetadata(disk)).create({ name: 'compacted', configs });
    const second = await startMetadata(disk, { 'log.cleaner.max.compaction.lag.ms': '5' });
    expect(second.metadata.state.topicNamed('compacted')).toBeDefined();
  });

  test('refuses an event of a newer version, with its type and place', async () => {
    const disk = new MemoryLogStorage();
    await startMetadata(disk);
    await appendToMetadata(disk, '{"type":"topic-renamed"}');
    const said = /unknown type at offset 2: "topic-renamed"\. A newer version wrote it/;
    await expect(startMetadata(disk)).rejects.toThrow(said);
  });

  test('refuses a damaged batch', async () => {
    const disk = new MemoryLogStorage();
    await startMetadata(disk);
    const spoiling = new FailingLogStorage(disk);
    spoiling.onRead = bytes => (bytes[70]! ^= 1);
    await expect(startMetadata(spoiling)).rejects.toMatchObject({
      name: 'StorageError',
      code: 'corrupt',
    });
  });

  test('after very many events begins from one snapshot', async () => {
    const disk = new MemoryLogStorage();
    const first = await startMetadata(disk);
    await first.create({ name: 'orders' });
    const ids = Array.from({ length: 1100 }, (_, n) => {
      return { type: 'producer-ids-allocated', nextProducerId: n } as const;
    });
    await first.metadata.update(() => ({ events: ids, answer: null }));

    await startMetadata(disk);
    expect(await eventsIn(disk)).toBe(1);
    const third = await startMetadata(disk);
    expect(third.metadata.clusterId).toBe(first.metadata.clusterId);
    expect(third.metadata.epoch).toBe(3);
    expect(third.metadata.state.topicNamed('orders')?.id).toBe(
      first.metadata.state.topicNamed('orders')?.id,
    );
    expect(third.metadata.state.nextProducerId).toBe(1099);
    expect(await eventsIn(disk)).toBe(2);
  });
});

describe('a change', () => {
  test('is decided on the state that the change before it made', async () => {
    const { metadata } = await startMetadata();
    const take = (): Promise<number> =>
      metadata.update(({ nextProducerId }) => ({
        answer: nextProducerId,
        events: [{ type: 'producer-ids-allocated', nextProducerId: nextProducerId + 1 }],
      }));
    expect(await Promise.all([take(), take(), take()])).toEqual([0, 1, 2]);
  });

  test('that cannot be written is not made, nor is any after it', async () => {
    const disk = new MemoryLogStorage();
    const { storage, metadata, create, logger } = await startMetadata(disk);
    await create({ name: 'kept' });
    storage.failNextCommit = new StorageError('failed', 'ENOSPC');
    const refusal = {
      code: 'KAFKA_STORAGE_ERROR',
      message: expect.stringContaining('ENOSPC') as string,
    };
    await expect(create({ name: 'lost' })).rejects.toMatchObject(refusal);
    await expect(create({ name: 'after' })).rejects.toMatchObject(refusal);
    expect(logger.lines.map(({ level }) => level)).toEqual(['error']);
    expect([...metadata.state.topics()].map(topic => topic.name)).toEqual(['kept']);
    const restarted = await startMetadata(disk);
    expect([...restarted.metadata.state.topics()].map(topic => topic.name)).toEqual(['kept']);
  });

  test('that is refused does not stop the next one', async () => {
    const { metadata, create } = await startMetadata();
    const refusal = metadata.update(() => {
      throw new RangeError('no');
    });
    await expect(refusal).rejects.toThrow('no');
    await create({ name: 'next' });
    expect(metadata.state.topicNamed('next')).toBeDefined();
  });

  test('is one batch, so that a crash keeps all of it or none', async () => {
    const { create, storage } = await startMetadata();
    const before = storage.appends;
    await create({ name: 'a' }, { name: 'b' });
    expect(storage.appends).toBe(before + 1);
  });

  test('is told to those who listen, until they stop', async () => {
    const { metadata, create } = await startMetadata();
    const told: TopicChange[] = [];
    const stop = metadata.onTopicChange(change => told.push(change));
    const [topic] = await create({ name: 'a' });
    stop();
    await create({ name: 'b' });
    expect(told).toEqual([{ kind: 'created', topic }]);
  });
});
