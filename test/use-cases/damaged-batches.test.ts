import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import { batchesIn } from '../../src/domain/model/log/record-batch.ts';
import { StorageError, type LogStorage, type PartitionKey } from '../../src/ports/log-storage.ts';
import { batch, BrokerCore, fetchCommand, valuesIn, wants } from '../support/broker-core.ts';
import { FailingLogStorage } from '../support/failing-log-storage.ts';
import { GroupCore } from '../support/group-core.ts';
import { startMetadata } from '../support/metadata-fixture.ts';
import { UpkeepCore } from '../support/upkeep-core.ts';

const NOW = 1_700_000_000_000;
const DAY = 24 * 3_600_000;
const DAMAGED = 'a part of a log is damaged: it is not handed out, and the rest is';

let disk: FailingLogStorage;
let core: BrokerCore;

beforeEach(async () => {
  disk = new FailingLogStorage(new MemoryLogStorage());
  core = await BrokerCore.start(disk);
});

/** From now on, whoever reads batches of the topic with these values finds their bytes changed. */
function damage(...values: string[]): void {
  disk.onRead = bytes => {
    for (const found of batchesIn(bytes)) {
      if (values.some(value => found.bytes.includes(value))) found.bytes[63]! ^= 1;
    }
  };
}

async function send(value: string, timestamp = NOW): Promise<void> {
  const record = { value: Buffer.from(value), timestamp };
  expect((await core.send(batch([record]))).error).toBeNull();
}

async function restarted(): Promise<void> {
  core = await core.restart();
}

function reports(): unknown[] {
  return core.logger.lines
    .filter(({ message }) => message === DAMAGED)
    .map(({ facts }) => [facts['topic'], facts['partition'], facts['offset']]);
}

describe('a damaged batch', () => {
  test('is not fetched: what lies before and after it is', async () => {
    await core.topic('orders');
    for (const value of ['one', 'two', 'three', 'four']) await send(value);
    damage('three');
    await restarted();
    expect(await core.values()).toEqual(['one', 'two']);
    const refused = await core.read(2);
    expect([refused.error, refused.records.length]).toEqual(['CORRUPT_MESSAGE', 0]);
    expect(await core.values({ fetchOffset: 3 })).toEqual(['four']);
    await send('five');
    expect(await core.values({ fetchOffset: 3 })).toEqual(['four', 'five']);
    expect(reports()).toEqual([['orders', 0, 2]]);
  });

  test('is no matter of other partitions in the same fetch, and is told at once', async () => {
    await core.topic('orders', {}, 2);
    await send('one');
    await core.send(batch(['other']), { partition: 1 });
    damage('one');
    await restarted();
    const command = fetchCommand([wants(), wants({ partition: 1 })], {
      maxWaitMs: 60_000,
      minBytes: 1e6,
    });
    const { answers } = await core.fetch.execute(command);
    expect(answers.map(({ error }) => error)).toEqual(['CORRUPT_MESSAGE', null]);
    expect(valuesIn(answers[1]!.records)).toEqual(['other']);
  });

  test('does not end producing to its partition', async () => {
    await core.topic('orders');
    await send('one');
    damage('one');
    await restarted();
    await send('two');
    expect(await core.values({ fetchOffset: 1 })).toEqual(['two']);
  });

  test('does not hide the producers of the others from a restart', async () => {
    await core.topic('orders');
    const by = (id: number, baseSequence: number, value: string) =>
      core.send(batch([value], { producer: { id, epoch: 0, baseSequence } }));
    await by(7, 0, 'one');
    await by(8, 0, 'two');
    await by(7, 1, 'three');
    damage('two');
    await restarted();
    const again = await by(7, 1, 'three');
    expect([again.error, again.baseOffset]).toEqual([null, 2]);
    expect((await by(7, 2, 'four')).baseOffset).toBe(3);
    expect(reports()).toEqual([['orders', 0, 1]]);
  });

  test('is passed over by whoever looks for a time', async () => {
    await core.topic('orders');
    for (const [at, value] of ['one', 'two', 'three'].entries()) await send(value, NOW + at);
    damage('two');
    await restarted();
    const ref = { topic: 'orders', topicId: null, partition: 0, currentLeaderEpoch: -1 };
    const specs = [NOW, NOW + 1, NOW + 2, 'max-timestamp', 'earliest', 'latest'] as const;
    const found = await core.listOffsets.execute(specs.map(spec => ({ ...ref, spec })));
    expect(found.map(({ error, offset }) => error ?? offset)).toEqual([0, 2, 2, 2, 0, 3]);
  });

  test.each([
    ['stays with the young one that follows', ['old', 'damaged', 'young'], 1],
    ['goes with the old one that follows', ['old', 'damaged', 'old', 'young'], 3],
  ])('does not stop retention: it %s', async (_, values, startOffset) => {
    const topic = await core.topic('orders', { 'retention.ms': String(DAY) });
    const now = core.time.now();
    // The store goes by what the header of the damaged one says.
    for (const value of values) await send(value, value === 'old' ? now - 2 * DAY : now);
    damage('damaged');
    await restarted();
    await new UpkeepCore(core).retention.check();
    expect((await core.registry.open(topic, 0)).logStartOffset).toBe(startOffset);
  });
});

describe('damage of internal logs', () => {
  test('stops the coordinator that needs it, with an error that ends the waiting, and no other', async () => {
    const first = await GroupCore.start(disk);
    await first.core.topic('orders');
    for (const groupId of ['sound', 'broken']) expect(await first.commit(5, groupId)).toBeNull();
    damage('broken');
    const next = await first.restart();
    expect(await next.committed('sound')).toBe(5);
    expect(await next.committed('broken')).toBe('UNKNOWN_SERVER_ERROR');
    const finding = next.findCoordinator.execute('group', 'broken');
    await expect(finding).rejects.toMatchObject({
      code: 'UNKNOWN_SERVER_ERROR',
      message: expect.stringMatching(
        /^__consumer_offsets-\d+ is damaged at offset 0 \(/,
      ) as unknown,
    });
    expect((await next.findCoordinator.execute('group', 'sound')).id).toBe(1);
    expect(await next.commit(6, 'sound')).toBeNull();
  });

  test('of the metadata log stops the start, and says where it is and what to do', async () => {
    await core.topic('orders');
    damage('orders');
    const expected = {
      code: 'corrupt',
      message: expect.stringMatching(
        /^The metadata log is damaged at offset \d+ \(.+\): .+ "hexlog storage verify", .+ "hexlog storage restore"\.$/,
      ) as unknown,
    };
    await expect(startMetadata(disk)).rejects.toMatchObject(expected);
    disk.onRead = () => undefined;
    await expect(startMetadata(disk)).resolves.toBeDefined();
  });

  test('that a recovery has cut out of the metadata log is not overlooked', async () => {
    const { metadata } = core;
    const { log } = metadata.durable;
    const [last] = batchesIn(await log.read(0, 1e6, size => Buffer.allocUnsafe(size)));
    const after = last!.copy();
    after.assign(log.endOffset + 1, metadata.epoch);
    log.append(after);
    await log.commit(true);
    await expect(startMetadata(disk)).rejects.toThrow('what came before offset');
  });
});

test('a log that cannot be opened answers for itself only', async () => {
  const inner = new MemoryLogStorage();
  const open: LogStorage['open'] = async (key: PartitionKey, epoch, settings) => {
    if (key.topic !== 'orders' || key.partition !== 1) return inner.open(key, epoch, settings);
    throw new StorageError('corrupt', 'its state cannot be read');
  };
  const refusing = new Proxy(inner, {
    get: (target, name) => {
      if (name === 'open') return open;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  core = await BrokerCore.start(refusing);
  await core.topic('orders', {}, 2);
  await send('one');
  const partition = 1;
  expect((await core.send(batch(['two']), { partition })).error).toBe('KAFKA_STORAGE_ERROR');
  const { answers } = await core.fetch.execute(fetchCommand([wants({ partition }), wants()]));
  expect(answers.map(({ error }) => error)).toEqual(['KAFKA_STORAGE_ERROR', null]);
  const query = { topic: 'orders', topicId: null, currentLeaderEpoch: -1, spec: 0 };
  const queries = [0, 1].map(index => ({ ...query, partition: index }));
  const listed = await core.listOffsets.execute(queries);
  expect(listed.map(({ error }) => error)).toEqual([null, 'KAFKA_STORAGE_ERROR']);
});
