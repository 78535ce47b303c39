import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import type { Topic } from '../../src/domain/model/topic/topic.ts';
import { StoppedError } from '../../src/domain/use-cases/runtime/pace.ts';
import { Retention } from '../../src/domain/use-cases/runtime/retention.ts';
import { StoredPartitions } from '../../src/domain/use-cases/runtime/stored-partitions.ts';
import { StorageError } from '../../src/ports/log-storage.ts';
import { batch, BrokerCore } from '../support/broker-core.ts';
import { TIMERS_AT_ONCE } from '../support/timers-at-once.ts';
import { COMPACT, UpkeepCore } from '../support/upkeep-core.ts';
import { quiet, VirtualTime } from '../support/virtual-time.ts';

const HOUR = 3_600_000;

let core: BrokerCore;
let upkeep: UpkeepCore;

beforeEach(async () => {
  const time = new VirtualTime();
  core = await BrokerCore.start(new MemoryLogStorage({ clock: time }), time);
  upkeep = new UpkeepCore(core);
});

const topicWith = (configs: Record<string, string>): Promise<Topic> =>
  core.topic('orders', configs);
const sendAged = async (hours: number, value = 'v'): Promise<void> => {
  const timestamp = core.time.now() - hours * HOUR;
  const { error } = await core.send(batch([{ value: Buffer.from(value), timestamp }]));
  expect(error).toBeNull();
};
const startOffset = async (topic: Topic): Promise<number> =>
  (await upkeep.partition(topic)).logStartOffset;

describe('retention by time', () => {
  test('drops the batches at the front that are too old', async () => {
    const topic = await topicWith({ 'retention.ms': String(2 * HOUR) });
    for (const hours of [5, 3, 2, 1]) await sendAged(hours);
    await upkeep.retention.check();
    expect(await startOffset(topic)).toBe(2);
    core.time.advance(1);
    await upkeep.retention.check();
    expect(await startOffset(topic)).toBe(3);
  });

  test('stops at the first record that is young enough', async () => {
    const topic = await topicWith({ 'retention.ms': String(2 * HOUR) });
    for (const hours of [5, 1, 5]) await sendAged(hours);
    await upkeep.retention.check();
    expect(await startOffset(topic)).toBe(1);
  });

  test('waits for a record from the future', async () => {
    const topic = await topicWith({ 'retention.ms': String(2 * HOUR) });
    for (const hours of [5, -1, 5]) await sendAged(hours);
    core.time.advance(3 * HOUR - 1);
    await upkeep.retention.check();
    expect(await startOffset(topic)).toBe(1);
    core.time.advance(2);
    await upkeep.retention.check();
    expect(await startOffset(topic)).toBe(3);
  });

  test('drops the newest records too when they are old', async () => {
    const topic = await topicWith({ 'retention.ms': String(2 * HOUR) });
    for (const hours of [5, 4, 3]) await sendAged(hours);
    await upkeep.retention.check();
    expect(await startOffset(topic)).toBe(3);
    await sendAged(0, 'next');
    expect(await core.values({ fetchOffset: 3 })).toEqual(['next']);
  });

  test('gives records without a timestamp the time when they came', async () => {
    const topic = await topicWith({ 'retention.ms': String(2 * HOUR) });
    await sendAged(5);
    await core.send(batch([{ value: Buffer.from('timeless'), timestamp: -1 }]));
    await sendAged(5);
    core.time.advance(2 * HOUR);
    await upkeep.retention.check();
    expect(await startOffset(topic)).toBe(1);
    core.time.advance(1);
    await upkeep.retention.check();
    expect(await startOffset(topic)).toBe(3);
  });

  test('is off where retention.ms is -1', async () => {
    const topic = await topicWith({ 'retention.ms': '-1' });
    await sendAged(100_000);
    await upkeep.retention.check();
    expect(await startOffset(topic)).toBe(0);
  });
});

describe('retention by bytes', () => {
  const size = batch(['v']).length;
  const topicOf = (bytes: number): Promise<Topic> =>
    topicWith({ 'retention.bytes': String(bytes), 'retention.ms': '-1' });

  test.each([
    [0, 6],
    [1, 5],
    [size, 5],
    [size + 1, 4],
    [3 * size - 1, 3],
    [3 * size, 3],
    [3 * size + 1, 2],
    [6 * size - 1, 0],
    [6 * size, 0],
    [1_000_000, 0],
  ])(
    'keeps at least %d bytes of six batches, and no batch more: from offset %d on',
    async (bytes, start) => {
      const topic = await topicOf(bytes);
      for (let sent = 0; sent < 6; sent++) await sendAged(0);
      for (let check = 0; check < 2; check++) await upkeep.retention.check();
      expect(await startOffset(topic)).toBe(start);
    },
  );

  test('keeps the batch that is partly too much, however large', async () => {
    const topic = await topicOf(size + 1);
    await sendAged(0);
    await sendAged(0, 'v'.repeat(300_000));
    await sendAged(0);
    await upkeep.retention.check();
    expect(await startOffset(topic)).toBe(1);
    await sendAged(0);
    await upkeep.retention.check();
    expect(await startOffset(topic)).toBe(2);
  });

  test('finds the batch to keep before offsets that compaction has removed', async () => {
    const given = { 'cleanup.policy': 'compact,delete', 'retention.ms': '-1' };
    const topic = await topicWith({ ...COMPACT, ...given });
    for (const text of ['a=1', 'b=1', 'c=1', 'c=2', 'c=3', 'c=4', 'x=1']) await upkeep.send(text);
    expect(await upkeep.cleaner.cleanDirtiest()).toBe(true);
    const keyed = (await upkeep.partition(topic)).sizeInBytes / 4;
    const configs = { ...COMPACT, ...given, 'retention.bytes': String(2 * keyed + 1) };
    topic.configure(new Map(Object.entries(configs)), core.metadata.state.broker.topicDefault);
    await upkeep.retention.check();
    expect(await startOffset(topic)).toBe(1);
  });
});

describe('retention', () => {
  test('never goes beyond the high watermark', async () => {
    const topic = await topicWith({ 'retention.ms': '0', 'retention.bytes': '0' });
    await sendAged(5);
    core.storage.holds = 'all commits';
    const sent = sendAged(5);
    await quiet();
    await upkeep.retention.check();
    expect(await startOffset(topic)).toBe(1);
    core.storage.releaseAll();
    await sent;
    await upkeep.retention.check();
    expect(await startOffset(topic)).toBe(2);
  });

  test('leaves alone a topic that is only compacted', async () => {
    const given = { 'cleanup.policy': 'compact', 'retention.ms': '0', 'retention.bytes': '0' };
    const topic = await topicWith(given);
    const timestamp = core.time.now() - 100 * HOUR;
    await core.send(batch([{ key: Buffer.from('k'), timestamp }]));
    await upkeep.retention.check();
    expect(await startOffset(topic)).toBe(0);
  });

  test('leaves the start where it is while only compaction has removed something', async () => {
    const given = { 'cleanup.policy': 'compact,delete', 'retention.ms': String(2 * HOUR) };
    const topic = await topicWith({ ...COMPACT, ...given });
    for (const text of ['a=1', 'b=1', 'a=2', 'b=2', 'x=1']) await upkeep.send(text);
    expect(await upkeep.cleaner.cleanDirtiest()).toBe(true);
    await upkeep.retention.check();
    expect(await startOffset(topic)).toBe(0);
    core.time.advance(2 * HOUR - 5);
    await upkeep.retention.check();
    expect(await startOffset(topic)).toBe(4);
  });

  test('looks after logs that nobody has opened since the start', async () => {
    await topicWith({ 'retention.ms': String(2 * HOUR) });
    for (const hours of [5, 1]) await sendAged(hours);
    const next = await core.restart();
    const nextUpkeep = new UpkeepCore(next);
    await nextUpkeep.retention.check();
    const topic = next.metadata.state.topicNamed('orders')!;
    expect(next.registry.opened(topic, 0)?.logStartOffset).toBe(1);
  });

  test('asks the store again what it has when that has failed', async () => {
    await topicWith({ 'retention.ms': String(2 * HOUR) });
    await sendAged(5);
    const next = await core.restart();
    const { storage } = next;
    const list = storage.list.bind(storage);
    const nextUpkeep = new UpkeepCore(next);
    storage.list = () => Promise.reject(new StorageError('failed', 'EIO'));
    await expect(nextUpkeep.retention.check()).rejects.toThrow('EIO');
    storage.list = list;
    await nextUpkeep.retention.check();
    const topic = next.metadata.state.topicNamed('orders')!;
    expect(next.registry.opened(topic, 0)?.logStartOffset).toBe(1);
  });

  test('opens no log that holds nothing', async () => {
    const topic = await topicWith({ 'retention.ms': '0' });
    await upkeep.retention.check();
    expect(core.registry.opened(topic, 0)).toBeUndefined();
  });

  test('goes on with the other partitions when one fails', async () => {
    const topic = await core.topic('orders', { 'retention.ms': '0' }, 2);
    const timestamp = core.time.now() - HOUR;
    for (const partition of [0, 1]) {
      await core.send(batch([{ value: Buffer.from('v'), timestamp }]), { partition });
    }
    const failing = await upkeep.partition(topic, 0);
    failing.retire('KAFKA_STORAGE_ERROR');
    await upkeep.retention.check();
    expect(failing.logStartOffset).toBe(0);
    expect((await upkeep.partition(topic, 1)).logStartOffset).toBe(1);
  });

  test('goes by one moment in all partitions', async () => {
    const topic = await core.topic('orders', { 'retention.ms': String(HOUR) }, 2);
    for (const [partition, hours] of [
      [0, 2],
      [1, 1],
    ] as const) {
      const timestamp = core.time.now() - hours * HOUR;
      await core.send(batch([{ value: Buffer.from('v'), timestamp }]), { partition });
    }
    const first = await upkeep.partition(topic, 0);
    const trimBefore = first.trimBefore.bind(first);
    first.trimBefore = offset => {
      core.time.advance(1);
      return trimBefore(offset);
    };
    await upkeep.retention.check();
    const second = await upkeep.partition(topic, 1);
    expect([first.logStartOffset, second.logStartOffset]).toEqual([1, 0]);
    await upkeep.retention.check();
    expect(second.logStartOffset).toBe(1);
  });

  test('lets others run while it goes over many partitions, and ends at once when it is stopped', async () => {
    const topic = await core.topic('orders', { 'retention.ms': String(HOUR) }, 50);
    for (let partition = 0; partition < 50; partition++)
      await core.send(batch(['v']), { partition });
    let nowMs = core.time.now();
    let turns = 0;
    const after = (ms: number, action: () => void) => {
      turns += 1;
      return TIMERS_AT_ONCE.after(ms, action);
    };
    const partitions = new StoredPartitions(core.metadata.state, core.registry, core.storage);
    const retention = new Retention({
      partitions,
      // A partition takes a millisecond.
      clock: { now: () => nowMs++ },
      timers: { after },
      logger: core.logger,
      intervalMs: () => HOUR,
      isCompacting: () => false,
    });
    await retention.check();
    expect(turns).toBeGreaterThanOrEqual(10);
    const looked: number[] = [];
    for (let index = 0; index < 50; index++) {
      const partition = await upkeep.partition(topic, index);
      partition.offsetFor = () => looked.push(index);
    }
    const stopped = expect(retention.check()).rejects.toThrow(StoppedError);
    await retention.stop();
    await stopped;
    expect(looked.length).toBeLessThan(10);
  });

  test('comes round at its interval, with the settings of that moment, until it is stopped', async () => {
    const topic = await topicWith({ 'retention.ms': '-1' });
    await sendAged(5);
    upkeep.retentionIntervalMs = 1000;
    upkeep.retention.start();
    core.time.advance(1000);
    await quiet();
    expect(await startOffset(topic)).toBe(0);
    topic.configure(new Map([['retention.ms', '1']]), core.metadata.state.broker.topicDefault);
    core.time.advance(999);
    await quiet();
    expect(await startOffset(topic)).toBe(0);
    core.time.advance(1);
    await quiet();
    expect(await startOffset(topic)).toBe(1);
    await upkeep.retention.stop();
    expect(core.time.pending).toBe(0);
  });
});
