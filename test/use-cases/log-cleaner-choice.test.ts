import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import { RecordBatch } from '../../src/domain/model/log/record-batch.ts';
import type { Topic } from '../../src/domain/model/topic/topic.ts';
import { StorageError } from '../../src/ports/log-storage.ts';
import { batch, BrokerCore } from '../support/broker-core.ts';
import { bytesOf, COMPACT, keyed, shown, UpkeepCore } from '../support/upkeep-core.ts';
import { quiet, VirtualTime } from '../support/virtual-time.ts';

const DAY = 86_400_000;

let core: BrokerCore;
let upkeep: UpkeepCore;

beforeEach(async () => {
  const time = new VirtualTime();
  core = await BrokerCore.start(new MemoryLogStorage({ clock: time }), time);
  upkeep = new UpkeepCore(core);
});

const topicWith = (given: Record<string, string> = {}): Promise<Topic> =>
  core.topic('orders', { ...COMPACT, ...given });
const send = (text: string, fields: Parameters<UpkeepCore['send']>[1] = {}): Promise<number> =>
  upkeep.send(text, fields);
const clean = (): Promise<boolean> => upkeep.cleaner.cleanDirtiest();
const left = async (topic: Topic): Promise<string> => shown(await upkeep.partition(topic));

describe('which log is compacted', () => {
  test('the one with the greatest dirty part, if that is above the least', async () => {
    for (const name of ['one', 'two']) {
      await core.topic(name, { ...COMPACT, 'min.cleanable.dirty.ratio': '0.5' });
      for (const text of ['a=1', 'b=1', 'c=1', 'a=2']) await send(text, { topic: name });
    }
    expect([await clean(), await clean(), await clean()]).toEqual([true, true, false]);
    const cleaned = (): unknown[] =>
      core.logger.lines
        .filter(line => /compacted/.test(line.message))
        .map(line => line.facts['topic']);
    expect(cleaned()).toEqual(['one', 'two']);
    await send('d=1', { topic: 'one' });
    expect(await clean(), 'a quarter of it is dirty').toBe(false);
    await send('d=2', { topic: 'one' });
    for (const text of ['d=1', 'd=2', 'd=3', 'd=4', 'd=5']) await send(text, { topic: 'two' });
    await send('d=3', { topic: 'one' });
    await send('d=4', { topic: 'one' });
    await send('d=5', { topic: 'one' });
    await send('d=6', { topic: 'one' });
    expect([await clean(), await clean()]).toEqual([true, true]);
    expect(cleaned()).toEqual(['one', 'two', 'one', 'two']);
  });

  test('what is younger than min.compaction.lag.ms stays whole', async () => {
    const topic = await topicWith({ 'min.compaction.lag.ms': String(DAY) });
    await send('a=1');
    await send('a=2');
    core.time.advance(DAY);
    await send('a=3');
    await send('a=4');
    await send('a=5');
    expect(await clean()).toBe(true);
    expect(await left(topic)).toBe('1:a=2 2:a=3 3:a=4 4:a=5');
    expect(await clean()).toBe(false);
  });

  test('what is dirty for max.compaction.lag.ms is compacted, however little it is', async () => {
    const given = { 'min.cleanable.dirty.ratio': '1', 'max.compaction.lag.ms': String(DAY) };
    const topic = await topicWith(given);
    await send('a=1');
    await send('a=2');
    await send('x=1');
    expect(await clean()).toBe(false);
    core.time.advance(DAY);
    expect(await clean()).toBe(true);
    expect(await left(topic)).toBe('1:a=2 2:x=1');
  });

  test('its newest segment ends after max.compaction.lag.ms', async () => {
    const topic = await topicWith({ 'segment.ms': String(7 * DAY), 'max.compaction.lag.ms': '50' });
    expect(topic.segmentMs).toBe(50);
    topic.configure(
      new Map([['max.compaction.lag.ms', '50']]),
      core.metadata.state.broker.topicDefault,
    );
    expect(topic.segmentMs, 'a topic that is not compacted').toBe(7 * DAY);
  });

  test('one that was compacted is not looked at again, even after a restart', async () => {
    await topicWith();
    for (const text of ['a=1', 'a=2', 'x=1']) await send(text);
    expect(await clean()).toBe(true);
    expect(await clean()).toBe(false);
    core = await core.restart();
    upkeep = new UpkeepCore(core);
    expect(await clean()).toBe(false);
    await send('x=2');
    expect(await clean()).toBe(true);
  });

  test('what was trimmed does not make it dirty', async () => {
    const half = { 'cleanup.policy': 'compact,delete', 'min.cleanable.dirty.ratio': '0.5' };
    const topic = await topicWith(half);
    const partition = await upkeep.partition(topic);
    for (let at = 0; at < 20; at++) await send(`old${at}=1`);
    await partition.trimBefore(16);
    expect(await clean()).toBe(true);
    expect([await send('x=1'), await clean()], 'a quarter is dirty').toEqual([20, false]);
    for (let at = 0; at < 5; at++) await send(`new${at}=1`);
    expect(await clean()).toBe(true);
  });

  test('none is, while logs are copied', async () => {
    const topic = await topicWith();
    for (const text of ['a=1', 'a=2', 'x=1']) await send(text);
    const release = core.registry.hold.hold();
    expect(await clean()).toBe(false);
    expect(await left(topic)).toBe('0:a=1 1:a=2 2:x=1');
    release();
    expect(await clean()).toBe(true);
  });

  test('none is, when a copy begins while one is chosen', async () => {
    const topic = await topicWith();
    for (const text of ['a=1', 'a=2', 'x=1']) await send(text);
    const partition = await upkeep.partition(topic);
    const { activeOffset } = partition.upkeep;
    Object.defineProperty(partition.upkeep, 'activeOffset', {
      get: () => {
        core.registry.hold.hold();
        return activeOffset;
      },
    });
    expect(await clean()).toBe(false);
    expect(await left(topic)).toBe('0:a=1 1:a=2 2:x=1');
  });
});

describe('a copy that begins while a log is compacted', () => {
  const MANY = Array.from({ length: 12 }, (_, key) => `k${key}`);
  /** Two passes' work. */
  const sendMany = async (): Promise<Topic> => {
    upkeep.settings.dedupeBufferBytes = 24 * 8;
    const topic = await topicWith();
    for (const key of MANY) await send(`${key}=1 ${key}=2`);
    await send('last=1');
    return topic;
  };
  const compacted = (from: number, to: number): string =>
    MANY.map((key, at) => {
      const isClean = at >= from && at < to;
      return `${isClean ? '' : `${2 * at}:${key}=1 `}${2 * at + 1}:${key}=2`;
    }).join(' ');

  test('lets it end its pass, and no more', async () => {
    const topic = await sendMany();
    const { upkeep: log } = await upkeep.partition(topic);
    const rewrite = log.rewrite.bind(log);
    let release = (): void => undefined;
    log.rewrite = to => {
      release = core.registry.hold.hold();
      return rewrite(to);
    };
    expect(await clean()).toBe(true);
    expect(await left(topic)).toBe(`${compacted(0, 6)} 24:last=1`);
    expect(core.logger.lines.at(-1)!.facts).toMatchObject({ topic: 'orders', to: 12 });
    expect(await clean()).toBe(false);
    log.rewrite = rewrite;
    release();
    expect(await clean()).toBe(true);
    expect(await left(topic)).toBe(`${compacted(0, 12)} 24:last=1`);
  });

  test('lets it change nothing when it only read as yet', async () => {
    const topic = await sendMany();
    const partition = await upkeep.partition(topic);
    const read = partition.read.bind(partition);
    partition.read = (...given) => {
      core.registry.hold.hold();
      return read(...given);
    };
    const lines = core.logger.lines.length;
    expect(await clean()).toBe(false);
    expect(await left(topic)).toBe(`${compacted(0, 0)} 24:last=1`);
    expect(core.logger.lines.length).toBe(lines);
  });
});

describe('a log that cannot be compacted', () => {
  const spoil = async (topic: Topic, patch: (batch: RecordBatch) => void): Promise<void> => {
    const partition = await upkeep.partition(topic);
    const bad = new RecordBatch(batch(keyed('a=2', core.time.now())));
    patch(bad);
    core.time.advance(10);
    partition.append(bad, core.time.now());
    await partition.commit(true);
  };

  test.each([
    ['checksum', (bad: RecordBatch) => bad.setCrc(1), /checksum/],
    ['codec', (bad: RecordBatch) => bad.bytes.writeInt16BE(1, 21), /checksum|inflated/],
  ])('is reported with its place, once, and the others go on: %s', async (_, patch, reason) => {
    const topic = await topicWith();
    await core.topic('other', COMPACT);
    await send('a=1');
    await spoil(topic, patch);
    for (const text of ['a=3', 'x=1']) await send(text);
    const before = await bytesOf(await upkeep.partition(topic));
    for (const text of ['a=1', 'a=2', 'x=1']) await send(text, { topic: 'other' });
    const outcomes = [await clean(), await clean(), await clean()];
    expect(outcomes.filter(cleaned => cleaned).length).toBe(1);
    const errors = core.logger.lines.filter(({ level }) => level === 'error');
    expect(errors.length).toBe(1);
    expect(errors[0]!.facts).toMatchObject({
      topic: 'orders',
      partition: 0,
      offset: 1,
      place: 'memory, offset 1',
    });
    expect(String(errors[0]!.facts['error'])).toMatch(reason);
    expect(await bytesOf(await upkeep.partition(topic))).toEqual(before);
  });

  test.each([
    ['begun', 1, '1:a=2 4:x=1 5:b=3 6:y=1'],
    ['to be begun', 5, '5:b=3 6:y=1'],
  ])('for it was trimmed when it was %s, is compacted later', async (when, to, expected) => {
    const topic = await topicWith();
    for (const text of ['a=1', 'a=2', 'b=1', 'b=2', 'x=1']) await send(text);
    const partition = await upkeep.partition(topic);
    const rewrite = partition.upkeep.rewrite.bind(partition.upkeep);
    partition.upkeep.rewrite = async end => {
      if (when === 'to be begun') await partition.trimBefore(to);
      const begun = await rewrite(end);
      await partition.trimBefore(to);
      return begun;
    };
    expect(await clean()).toBe(false);
    expect(core.logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
    partition.upkeep.rewrite = rewrite;
    for (const text of ['b=3', 'y=1', 'z=1']) await send(text);
    expect(await clean()).toBe(true);
    expect(await left(topic)).toBe(`${expected} 7:z=1`);
  });

  test('for its disk is full is left alone for a minute', async () => {
    const topic = await topicWith();
    for (const text of ['a=1', 'a=2', 'x=1']) await send(text);
    const partition = await upkeep.partition(topic);
    const rewrite = partition.upkeep.rewrite.bind(partition.upkeep);
    partition.upkeep.rewrite = () => Promise.reject(new StorageError('failed', 'ENOSPC'));
    expect(await clean()).toBe(false);
    partition.upkeep.rewrite = rewrite;
    core.time.advance(59_999);
    expect(await clean()).toBe(false);
    core.time.advance(1);
    expect(await clean()).toBe(true);
    expect(await left(topic)).toBe('1:a=2 2:x=1');
  });

  test('and the clock is put back meanwhile is not left alone for longer', async () => {
    const topic = await topicWith();
    for (const text of ['a=1', 'a=2', 'x=1']) await send(text);
    const partition = await upkeep.partition(topic);
    const rewrite = partition.upkeep.rewrite.bind(partition.upkeep);
    partition.upkeep.rewrite = () => Promise.reject(new StorageError('failed', 'ENOSPC'));
    expect(await clean()).toBe(false);
    partition.upkeep.rewrite = rewrite;
    const back = core.time.now() - DAY;
    core.time.now = () => back;
    expect(await clean()).toBe(true);
  });
});

describe('the cleaner', () => {
  test('comes round after log.cleaner.backoff.ms, until it is stopped', async () => {
    const topic = await topicWith();
    upkeep.cleaner.start();
    for (const text of ['a=1', 'a=2', 'x=1']) await send(text);
    core.time.advance(14_969);
    await quiet();
    expect(await left(topic)).toBe('0:a=1 1:a=2 2:x=1');
    core.time.advance(1);
    await quiet();
    expect(await left(topic)).toBe('1:a=2 2:x=1');
    await upkeep.cleaner.stop();
    expect(core.time.pending).toBe(0);
  });

  test('reads and writes no more bytes a second than it may, and stops at once', async () => {
    const topic = await topicWith();
    for (const text of ['a=1', 'a=2', 'x=1']) await send(text);
    const partition = await upkeep.partition(topic);
    upkeep.settings.ioBytesPerSecond = partition.sizeInBytes;
    const cleaned = clean();
    await quiet();
    expect(core.time.pending).toBe(1);
    expect(upkeep.cleaner.isCleaning(partition)).toBe(true);
    core.time.advance(900);
    await quiet();
    expect(upkeep.cleaner.isCleaning(partition)).toBe(true);
    await upkeep.cleaner.stop();
    expect(await cleaned).toBe(false);
    expect(core.time.pending).toBe(0);
    expect(await left(topic)).toBe('0:a=1 1:a=2 2:x=1');
  });
});
