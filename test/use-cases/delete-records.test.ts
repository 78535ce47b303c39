import { beforeEach, describe, expect, test } from 'vitest';
import type { DeletedRecords } from '../../src/domain/use-cases/delete-records.ts';
import { StorageError } from '../../src/ports/log-storage.ts';
import { batch, BrokerCore } from '../support/broker-core.ts';

let core: BrokerCore;

beforeEach(async () => {
  core = await BrokerCore.start();
});

const REF = { topic: 'orders', topicId: null, partition: 0 };
async function deleted(offset: number, ref: Partial<typeof REF> = {}): Promise<DeletedRecords> {
  const outcomes = await core.deleteRecords.execute([{ ...REF, ...ref, offset }]);
  return outcomes[0]!;
}

describe('deleting records', () => {
  test('moves the start of the log, never back, also over a restart', async () => {
    await core.topic('orders');
    await core.send(batch(['a', 'b', 'c']));
    expect(await deleted(2)).toEqual({ error: null, lowWatermark: 2 });
    expect(await deleted(1)).toEqual({ error: null, lowWatermark: 2 });
    expect((await core.read(2)).logStartOffset).toBe(2);
    core = await core.restart();
    expect((await core.read(2)).logStartOffset).toBe(2);
    expect(await deleted(0)).toEqual({ error: null, lowWatermark: 2 });
  });

  test('goes up to the high watermark, and no further', async () => {
    await core.topic('orders');
    await core.send(batch(['a', 'b']));
    core.storage.holds = 'all commits';
    const sent = core.send(batch(['c']));
    const refused = { error: 'OFFSET_OUT_OF_RANGE', lowWatermark: -1 };
    expect(await deleted(3)).toEqual(refused);
    expect(await deleted(-2)).toEqual(refused);
    expect(await deleted(-1)).toEqual({ error: null, lowWatermark: 2 });
    core.storage.releaseAll();
    expect((await sent).baseOffset).toBe(2);
    expect(await core.values({ fetchOffset: 2 })).toEqual(['c']);
  });

  test('is refused where nothing may be deleted', async () => {
    await core.topic('orders', { 'cleanup.policy': 'compact' });
    await core.topic('both', { 'cleanup.policy': 'compact,delete' });
    const errorOf = async (ref: Partial<typeof REF>) => (await deleted(-1, ref)).error;
    expect(await errorOf({})).toBe('POLICY_VIOLATION');
    expect(await errorOf({ topic: 'both' })).toBeNull();
    expect(await errorOf({ topic: 'nowhere' })).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(await errorOf({ topic: 'both', partition: 1 })).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  });

  test('is refused on a log that has failed', async () => {
    await core.topic('orders');
    await core.send(batch(['a']));
    core.storage.failNextAppend = new StorageError('failed', 'EIO');
    await core.send(batch(['b']));
    expect(await deleted(-1)).toEqual({ error: 'KAFKA_STORAGE_ERROR', lowWatermark: -1 });
  });
});
