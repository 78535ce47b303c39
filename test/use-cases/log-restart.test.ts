import { describe, expect, test } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/domain/model/log/checkpoint.ts';
import { ProducerState } from '../../src/domain/model/log/producer-state.ts';
import type { Topic } from '../../src/domain/model/topic/topic.ts';
import { StorageError, type PartitionKey } from '../../src/ports/log-storage.ts';
import { batch, BrokerCore } from '../support/broker-core.ts';
import { quiet } from '../support/virtual-time.ts';

const NOW = 1_700_000_000_000;
const byProducer = (baseSequence: number) =>
  batch(['a'], { producer: { id: 7, epoch: 0, baseSequence } });
const keyOf = ({ id, name }: Topic): PartitionKey => ({ topicId: id, partition: 0, topic: name });

async function maxTimestampOf(core: BrokerCore): Promise<number> {
  const ref = { topic: 'orders', topicId: null, partition: 0, currentLeaderEpoch: -1 };
  const [listed] = await core.listOffsets.execute([{ ...ref, spec: 'max-timestamp' }]);
  return listed!.timestamp;
}

async function checkpointOf(core: BrokerCore, topic: Topic): Promise<Buffer | null> {
  const log = await core.storage.open(keyOf(topic), core.metadata.epoch, topic);
  return log.checkpoint;
}

describe('a restart', () => {
  test.each([
    ['after a crash', async () => undefined],
    ['after a clean stop', async (core: BrokerCore) => core.registry.close()],
  ])('%s remembers producers and timestamps', async (_, end) => {
    let core = await BrokerCore.start();
    await core.topic('orders');
    await core.send(byProducer(0));
    await core.send(byProducer(1));
    await end(core);
    core = await core.restart();
    const again = await core.send(byProducer(0));
    expect([again.error, again.baseOffset]).toEqual([null, 0]);
    expect((await core.send(byProducer(3))).error).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
    expect(await maxTimestampOf(core)).toBe(NOW);
    expect((await core.send(byProducer(2))).baseOffset).toBe(2);
  });

  test('takes what a checkpoint says, and reads only what came after it', async () => {
    let core = await BrokerCore.start();
    const topic = await core.topic('orders');
    await core.send(byProducer(0));
    await core.registry.close();
    const saved = decodeCheckpoint((await checkpointOf(core, topic))!)!;
    expect([saved.endOffset, saved.timestamp, saved.baseOffset]).toEqual([1, NOW, 0]);
    core = await core.restart();
    await core.send(byProducer(1));
    // A checkpoint that says another thing of the part it covers is believed: that part is not read.
    const producers = new ProducerState(() => 1e12).snapshot();
    const log = await core.storage.open(keyOf(topic), core.metadata.epoch, topic);
    await log.saveCheckpoint(encodeCheckpoint({ ...saved, producers }));
    core = await core.restart();
    expect((await core.send(byProducer(1))).baseOffset).toBe(1);
    expect((await core.send(byProducer(0))).error).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
  });

  test.each([
    [
      'beyond the end of the log',
      (bytes: Buffer) => ({ ...decodeCheckpoint(bytes)!, endOffset: 9 }),
    ],
    [
      'with damaged producers',
      (bytes: Buffer) => ({ ...decodeCheckpoint(bytes)!, producers: Buffer.alloc(12, 1) }),
    ],
  ])('ignores a checkpoint %s, and writes a right one at once', async (_, spoil) => {
    let core = await BrokerCore.start();
    const topic = await core.topic('orders');
    await core.send(byProducer(0));
    await core.registry.close();
    const right = (await checkpointOf(core, topic))!;
    const log = await core.storage.open(keyOf(topic), core.metadata.epoch, topic);
    await log.saveCheckpoint(encodeCheckpoint({ ...spoil(right), timestamp: 1, baseOffset: 0 }));
    core = await core.restart();
    expect((await core.send(byProducer(0))).baseOffset).toBe(0);
    expect(await maxTimestampOf(core)).toBe(NOW);
    // Else it would be believed once the log has grown beyond it, with other records.
    expect(await checkpointOf(core, topic)).toEqual(right);
  });

  test('saves no checkpoint of a log that has failed', async () => {
    const core = await BrokerCore.start();
    const topic = await core.topic('orders');
    await core.send(byProducer(0));
    core.storage.holds = 'all commits';
    const sent = core.send(byProducer(1));
    core.storage.held[0]!.fail(new StorageError('failed', 'EIO'));
    expect((await sent).error).toBe('KAFKA_STORAGE_ERROR');
    await core.registry.close();
    expect(await checkpointOf(core, topic)).toBeNull();
  });

  test('finds a checkpoint that was saved on the way, after 64 MiB', async () => {
    const core = await BrokerCore.start();
    const topic = await core.topic('orders');
    const value = 'a'.repeat(1024 * 1024 - 1000);
    for (let i = 0; i < 64; i++) await core.send(batch([value]));
    await quiet();
    const early = await core.storage.open(keyOf(topic), core.metadata.epoch, topic);
    expect(early.checkpoint).toBeNull();
    const next = await core.restart();
    // What was replayed counts too: the next open must not read it again.
    await next.send(batch([value]));
    await quiet();
    const saved = decodeCheckpoint((await checkpointOf(next, topic))!);
    expect(saved?.endOffset).toBe(65);
  });

  test('saves none on the way of a log that has failed meanwhile', async () => {
    const core = await BrokerCore.start();
    const topic = await core.topic('orders');
    core.storage.holds = 'all commits';
    const value = 'a'.repeat(1024 * 1024 - 1000);
    const sent = Array.from({ length: 66 }, () => core.send(batch([value])));
    await quiet();
    core.storage.held.at(-1)!.fail(new StorageError('failed', 'EIO'));
    await quiet();
    core.storage.held[0]!.release();
    expect((await sent[0]!).error).toBeNull();
    await quiet();
    expect(await checkpointOf(core, topic)).toBeNull();
  });

  test('forgets nothing of a log with more than one read of batches', async () => {
    let core = await BrokerCore.start();
    await core.topic('orders');
    const value = 'a'.repeat(400_000);
    for (let i = 0; i < 5; i++) {
      const producer = { id: i, epoch: 0, baseSequence: 0 };
      expect((await core.send(batch([value], { producer }))).baseOffset).toBe(i);
    }
    core = await core.restart();
    for (let i = 0; i < 5; i++) {
      const producer = { id: i, epoch: 0, baseSequence: 0 };
      expect((await core.send(batch([value], { producer }))).baseOffset).toBe(i);
    }
  });
});
