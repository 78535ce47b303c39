import { beforeEach, describe, expect, test } from 'vitest';
import { Crc32c } from '../../src/adapters/runtime/crc32c.ts';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import { BackUpLogs } from '../../src/domain/use-cases/back-up-logs.ts';
import { CopyLogs } from '../../src/domain/use-cases/copy-logs.ts';
import { DeleteTopics } from '../../src/domain/use-cases/delete-topics.ts';
import type { PartitionLog } from '../../src/ports/log-storage.ts';
import { batch, BrokerCore } from '../support/broker-core.ts';
import { contentsOf, type LogContents } from '../support/log-contents.ts';
import { TIMERS_AT_ONCE } from '../support/timers-at-once.ts';
import { quiet } from '../support/virtual-time.ts';

let disk: MemoryLogStorage;
let core: BrokerCore;

beforeEach(async () => {
  disk = new MemoryLogStorage();
  core = await BrokerCore.start(disk);
});

/** Lets something happen once, before the first log is opened: after the instant of the backup, and before any copying. */
class MidwayStorage extends MemoryLogStorage {
  readonly #midway: () => Promise<unknown>;
  #happened: Promise<unknown> | null = null;

  constructor(midway: () => Promise<unknown>) {
    super();
    this.#midway = midway;
  }

  override async open(...args: Parameters<MemoryLogStorage['open']>): Promise<PartitionLog> {
    await (this.#happened ??= this.#midway());
    return super.open(...args);
  }
}

async function backUp(midway: () => Promise<unknown> = async () => null) {
  const target = new MidwayStorage(midway);
  const { registry, metadata, storage } = core;
  const copyLogs = new CopyLogs(new Crc32c(), TIMERS_AT_ONCE);
  const { signal } = new AbortController();
  const backUpLogs = new BackUpLogs({ registry, metadata, storage, copyLogs });
  await backUpLogs.execute({ target, progressed: () => undefined, signal });
  expect(registry.hold.isHeld).toBe(false);
  return target;
}

async function logIn(target: MemoryLogStorage, name: string): Promise<LogContents | undefined> {
  return (await contentsOf(target)).find(({ log }) => log === name);
}

async function send(topic: string, value: string, count = 1): Promise<void> {
  for (let at = 0; at < count; at++) {
    const outcome = await core.send(batch([`${value}${at}`]), { topic });
    expect(outcome.error).toBeNull();
  }
}

/** The values in every partition 0 of a broker that starts on a backup. */
async function restored(target: MemoryLogStorage): Promise<Record<string, string[]>> {
  const next = await BrokerCore.start(target);
  const values: Record<string, string[]> = {};
  for (const { name } of next.metadata.state.topics()) {
    values[name] = await next.values({ topic: name });
  }
  return values;
}

test('a backup of a broker is what a broker on it would have: topics, settings, records', async () => {
  await core.topic('orders', { 'retention.ms': '1234' });
  await core.topic('empty');
  await send('orders', 'a', 3);
  core = await core.restart();
  await send('orders', 'b', 2);
  const target = await backUp();
  expect(await contentsOf(target)).toEqual(await contentsOf(disk));
  expect(await restored(target)).toEqual({ orders: ['a0', 'a1', 'a2', 'b0', 'b1'], empty: [] });
  const next = await BrokerCore.start(target);
  expect(next.metadata.clusterId).toBe(core.metadata.clusterId);
  expect(next.metadata.state.topicNamed('orders')!.settings['retention.ms']).toBe(1234);
});

describe('is of one instant', () => {
  test('what comes while it is taken is not in it', async () => {
    await core.topic('orders');
    await core.topic('other');
    await send('orders', 'a', 2);
    await send('other', 'a', 2);
    const target = await backUp(() =>
      Promise.all([send('orders', 'late'), send('other', 'late'), core.topic('late')]),
    );
    expect(await core.values()).toEqual(['a0', 'a1', 'late0']);
    expect(await restored(target)).toEqual({ orders: ['a0', 'a1'], other: ['a0', 'a1'] });
  });

  test('what is appended and not yet committed is not in it', async () => {
    await core.topic('orders');
    await send('orders', 'a', 1);
    core.storage.holds = 'all commits';
    const sent = core.send(batch(['uncommitted']));
    await quiet();
    const copied = backUp();
    await quiet();
    core.storage.releaseAll();
    await sent;
    expect(await restored(await copied)).toEqual({ orders: ['a0'] });
  });
});

describe('what it needs does not vanish', () => {
  test('a topic that is deleted meanwhile is in it; its log goes afterwards', async () => {
    await core.topic('orders');
    await send('orders', 'a', 2);
    const deleteTopics = new DeleteTopics(core.metadata, core.registry, core.logger);
    const references = [{ name: 'orders', topicId: null }];
    const target = await backUp(async () => {
      expect(await deleteTopics.execute(references)).toMatchObject([{ error: null }]);
      expect((await disk.list()).length, 'its log is there still').toBe(2);
    });
    expect(await restored(target)).toEqual({ orders: ['a0', 'a1'] });
    await quiet();
    expect((await disk.list()).map(({ topic }) => topic)).toEqual(['__cluster_metadata']);
  });

  test('a log that is trimmed meanwhile begins where it does now, and ends where it did', async () => {
    await core.topic('orders');
    await send('orders', 'a', 4);
    for (const [offset, startOffset] of [
      [2, 2],
      [-1, 4],
    ] as const) {
      const deletion = { topic: 'orders', topicId: null, partition: 0, offset };
      const target = await backUp(async () => {
        const trimmed = await core.deleteRecords.execute([deletion]);
        expect(trimmed).toEqual([{ error: null, lowWatermark: startOffset }]);
      });
      expect(await logIn(target, 'orders-0')).toMatchObject({ startOffset, endOffset: 4 });
    }
  });
});

test('it can be given up while logs are opened', async () => {
  for (const topic of ['orders', 'other', 'third']) await core.topic(topic);
  for (const topic of ['orders', 'other', 'third']) await send(topic, 'a');
  core = await core.restart();
  const { registry, metadata, storage } = core;
  const copyLogs = new CopyLogs(new Crc32c(), TIMERS_AT_ONCE);
  const backUpLogs = new BackUpLogs({ registry, metadata, storage, copyLogs });
  const abort = new AbortController();
  const target = new MemoryLogStorage();
  const given = { target, progressed: () => undefined, signal: abort.signal };
  const taken = backUpLogs.execute(given);
  abort.abort(new Error('enough'));
  await expect(taken).rejects.toThrow('enough');
  expect([...registry.all()].length, 'the rest is not opened').toBeLessThan(3);
  expect(registry.hold.isHeld).toBe(false);
});

test('a failure of the target ends it, and holds nothing back afterwards', async () => {
  await core.topic('orders');
  await send('orders', 'a', 2);
  const { registry, metadata, storage } = core;
  const copyLogs = new CopyLogs(new Crc32c(), TIMERS_AT_ONCE);
  const backUpLogs = new BackUpLogs({ registry, metadata, storage, copyLogs });
  const target = new MemoryLogStorage({ maxBytes: 100 });
  const { signal } = new AbortController();
  const failed = backUpLogs.execute({ target, progressed: () => undefined, signal });
  await expect(failed).rejects.toMatchObject({ code: 'failed' });
  expect(registry.hold.isHeld).toBe(false);
  await send('orders', 'b', 1);
});
