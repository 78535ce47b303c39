import { describe, expect, test } from 'vitest';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import {
  InitProducerId,
  PRODUCER_IDS_PER_BLOCK,
} from '../../src/domain/use-cases/init-producer-id.ts';
import { StorageError, type LogStorage } from '../../src/ports/log-storage.ts';
import { startMetadata } from '../support/metadata-fixture.ts';

const NEW = { transactionalId: null, producerId: -1, producerEpoch: -1 };

async function idsFrom(disk: LogStorage, count: number): Promise<number[]> {
  const useCase = new InitProducerId((await startMetadata(disk)).metadata);
  const all = await Promise.all(Array.from({ length: count }, () => useCase.execute(NEW)));
  return all.map(({ producerId }) => producerId);
}

describe('producer ids', () => {
  test('are never given twice, over blocks and restarts', async () => {
    const disk = new MemoryLogStorage();
    const first = await idsFrom(disk, PRODUCER_IDS_PER_BLOCK + 5);
    const second = await idsFrom(disk, 5);
    const all = [...first, ...second];
    expect(new Set(all).size).toBe(all.length);
    expect(second[0]).toBe(2 * PRODUCER_IDS_PER_BLOCK);
  });

  test('are durable as a block before the first of it is given', async () => {
    const { metadata, storage } = await startMetadata();
    const useCase = new InitProducerId(metadata);
    expect(await useCase.execute(NEW)).toEqual({ producerId: 0, producerEpoch: 0 });
    expect(metadata.state.nextProducerId).toBe(PRODUCER_IDS_PER_BLOCK);
    storage.failNextCommit = new StorageError('failed', 'EIO');
    const within = Array.from({ length: PRODUCER_IDS_PER_BLOCK - 1 }, () => useCase.execute(NEW));
    expect((await Promise.all(within)).at(-1)?.producerId).toBe(PRODUCER_IDS_PER_BLOCK - 1);
    await expect(useCase.execute(NEW)).rejects.toMatchObject({ code: 'KAFKA_STORAGE_ERROR' });
  });

  test('are new, with epoch 0, for a producer that shows the one it had', async () => {
    const useCase = new InitProducerId((await startMetadata()).metadata);
    const had = await useCase.execute(NEW);
    expect(await useCase.execute({ ...NEW, ...had })).toEqual({ producerId: 1, producerEpoch: 0 });
  });

  test.each([
    [{ ...NEW, producerId: 5 }, 'INVALID_REQUEST'],
    [{ ...NEW, producerEpoch: 5 }, 'INVALID_REQUEST'],
    [{ ...NEW, transactionalId: '' }, 'INVALID_REQUEST'],
    [{ ...NEW, transactionalId: 'tx' }, 'COORDINATOR_NOT_AVAILABLE'],
  ])('are not given for %j', async (command, code) => {
    const { metadata } = await startMetadata();
    await expect(new InitProducerId(metadata).execute(command)).rejects.toMatchObject({ code });
    expect(metadata.state.nextProducerId).toBe(0);
  });
});
