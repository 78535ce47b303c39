import { beforeEach, describe, expect, test } from 'vitest';
import { RecordBatch } from '../../src/domain/model/log/record-batch.ts';
import { RecordFilter } from '../../src/domain/model/record-filter.ts';
import { CreatePartitions } from '../../src/domain/use-cases/create-partitions.ts';
import type { TailItem } from '../../src/domain/use-cases/tail-topic.ts';
import type { Topic } from '../../src/domain/model/topic/topic.ts';
import type { BrokerCore } from '../support/broker-core.ts';
import { batch, compressedBatch, patched } from '../support/broker-core.ts';
import { BROKER_ID } from '../support/metadata-fixture.ts';
import { brief, RecordsCore, untilLive } from '../support/records-core.ts';
import { SeededRandom, seedOfRun } from '../support/seeded-random.ts';
import { isAnswered, quiet } from '../support/virtual-time.ts';

const NOW = 1_700_000_000_000;
let records: RecordsCore;
let core: BrokerCore;
let topic: Topic;

beforeEach(async () => {
  records = await RecordsCore.start();
  core = records.core;
  topic = await core.topic('orders', {}, 2);
});

const next = async (tail: AsyncGenerator<TailItem, void>): Promise<string | undefined> => {
  const { value } = await tail.next();
  return value === undefined ? undefined : brief(value);
};

const sendTo = (partition: number, ...values: string[]) => core.send(batch(values), { partition });

async function trimTo(offset: number): Promise<void> {
  await core.deleteRecords.execute([{ topic: 'orders', topicId: null, partition: 0, offset }]);
}

describe('tailing a topic', () => {
  test('gives what there is, says when that was all, and goes on with what comes', async () => {
    await sendTo(0, 'a', 'b');
    const tail = records.tail();
    expect(await untilLive(tail)).toEqual(['started 0,0', '0:a', '0:b', 'live 2,0']);
    const coming = next(tail);
    expect(await isAnswered(coming)).toBe(false);
    await sendTo(1, 'c', 'd');
    expect([await coming, await next(tail)]).toEqual(['1:c', '1:d']);
    const more = next(tail);
    await sendTo(0, 'e');
    expect(await more).toBe('0:e');
  });

  test('is live at once where there is nothing', async () => {
    expect(await untilLive(records.tail())).toEqual(['started 0,0', 'live 0,0']);
  });

  test.each<[string, Parameters<RecordsCore['tail']>[0], string]>([
    ['the end', { from: 'end' }, 'started 4,1'],
    ['an offset', { from: { offset: 1 } }, 'started 1,1'],
    ['an offset that was trimmed', { from: { offset: 0 } }, 'started 1,0'],
    ['an offset that is to come', { from: { offset: 99 } }, 'started 4,1'],
    ['a time', { from: { timestamp: NOW + 20 } }, 'started 2,1'],
    ['a time that is to come', { from: { timestamp: NOW + 99 } }, 'started 4,1'],
    ['one partition', { partitions: [1] }, 'started 0'],
    [
      'where it was, and the end elsewhere',
      { from: { offsets: new Map([[0, 2]]), others: 'end' } },
      'started 2,1',
    ],
  ])('begins at %s', async (_, given, expected) => {
    await core.send(batch([10, 15, 30, 20].map(time => ({ timestamp: NOW + time }))));
    await core.send(batch([{ timestamp: NOW }]), { partition: 1 });
    await trimTo(1);
    expect(await next(records.tail(given))).toBe(expected);
  });

  test('gives no record before its beginning, in the middle of a batch', async () => {
    await core.send(await compressedBatch('gzip', ['a', 'b', 'c']));
    const tail = records.tail({ partitions: [0], from: { offset: 1 } });
    expect(await untilLive(tail)).toEqual(['started 1', '0:b', '0:c', 'live 3']);
  });

  test('gives what the filter lets through, and says it is live when it has seen all', async () => {
    await sendTo(0, 'apple', 'pear', 'pineapple');
    const filter = new RecordFilter({ valueContains: 'apple' });
    const tail = records.tail({ partitions: [0], filter });
    expect(await untilLive(tail)).toEqual(['started 0', '0:apple', '0:pineapple', 'live 3']);
    const coming = next(tail);
    await sendTo(0, 'plum');
    expect(await isAnswered(coming)).toBe(false);
    await sendTo(0, 'apples');
    expect(await coming).toBe('0:apples');
  });

  test('refuses what is not there, before anything else', async () => {
    for (const given of [{ topic: 'nowhere' }, { partitions: [0, 2] }, { partitions: [-1] }]) {
      const tail = records.tail(given);
      await expect(tail.next()).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' });
    }
  });

  test('reads no more than one fetch ahead of its reader', async () => {
    await core.topic('wide', {}, 4);
    const value = 'x'.repeat(100_000);
    for (let at = 0; at < 40; at++) {
      await core.send(batch([value]), { topic: 'wide', partition: at % 4 });
    }
    let fetched = 0;
    const execute = core.fetch.execute.bind(core.fetch);
    core.fetch.execute = async command => {
      const result = await execute(command);
      for (const { recordBytes } of result.answers) fetched += recordBytes;
      return result;
    };
    const tail = records.tail({ topic: 'wide' });
    await tail.next();
    await tail.next();
    await quiet();
    expect(fetched).toBeGreaterThan(100_000);
    expect(fetched).toBeLessThan(600_000);
    let read = 1;
    while ((await tail.next()).value?.kind === 'record') read++;
    expect(read).toBe(40);
    expect(fetched).toBeGreaterThan(4_000_000);
  });

  test('lets no full partitions keep another from its turn', async () => {
    await core.topic('wide', {}, 3);
    // Two of these are all that one fetch takes.
    for (const partition of [0, 1, 0, 1, 0, 1, 0, 1]) {
      await core.send(batch(['x'.repeat(262_000)]), { topic: 'wide', partition });
    }
    await core.send(batch(['y'.repeat(500)]), { topic: 'wide', partition: 2 });
    const tail = records.tail({ topic: 'wide' });
    await tail.next();
    const order: number[] = [];
    for (let at = 0; at < 4; at++) {
      const { value } = await tail.next();
      if (value?.kind === 'record') order.push(value.partition);
    }
    expect(order).toEqual([0, 1, 2, 0]);
  });

  test('is live at the end of a log whose last offsets are gone', async () => {
    await sendTo(0, 'a');
    const execute = core.fetch.execute.bind(core.fetch);
    core.fetch.execute = async command => {
      const result = await execute(command);
      return { ...result, answers: result.answers.map(one => ({ ...one, highWatermark: 7 })) };
    };
    expect(await untilLive(records.tail())).toEqual(['started 0,0', '0:a', 'live 1,0']);
  });

  test('notices new partitions when it follows all', async () => {
    const [all, some] = [records.tail(), records.tail({ partitions: [0, 1] })];
    await untilLive(all);
    await untilLive(some);
    const [coming, never] = [next(all), next(some)];
    await quiet();
    const createPartitions = new CreatePartitions(core.metadata, BROKER_ID);
    await createPartitions.execute({
      topics: [{ name: 'orders', count: 3, assignments: null }],
      validateOnly: false,
    });
    await sendTo(2, 'new');
    core.time.advance(1000);
    expect(await coming).toBe('2:new');
    expect(await isAnswered(never)).toBe(false);
  });

  test('goes on at the start of a log that was trimmed beneath it', async () => {
    await sendTo(0, 'a');
    const tail = records.tail({ partitions: [0] });
    expect(await next(tail)).toBe('started 0');
    await sendTo(0, 'b');
    await sendTo(0, 'c');
    await trimTo(2);
    expect(await untilLive(tail)).toEqual(['0:c', 'live 3']);
  });

  test('goes past control batches', async () => {
    const partition = await core.registry.open(topic, 0);
    partition.append(new RecordBatch(batch(['marker'], { control: true })), 0);
    await partition.commit(false);
    await sendTo(0, 'a');
    const tail = records.tail({ partitions: [0] });
    expect(await untilLive(tail)).toEqual(['started 0', '0:a', 'live 2']);
  });

  test('ends when nobody reads any more, also while it waits', async () => {
    const gone = new AbortController();
    const tail = records.tail({ signal: gone.signal });
    await untilLive(tail);
    const end = tail.next();
    await quiet();
    gone.abort();
    expect(await end).toEqual({ value: undefined, done: true });
    expect(core.time.pending).toBe(0);
  });

  test('ends within a fetch', async () => {
    await sendTo(0, 'a', 'b', 'c');
    const gone = new AbortController();
    const tail = records.tail({ signal: gone.signal });
    expect([await next(tail), await next(tail)]).toEqual(['started 0,0', '0:a']);
    gone.abort();
    expect(await next(tail)).toBeUndefined();
  });

  test('fails when its topic is deleted, even if there is a new one of its name', async () => {
    const tail = records.tail();
    await untilLive(tail);
    const end = tail.next();
    await quiet();
    await core.metadata.update(() => ({
      events: [{ type: 'topic-deleted', topicId: topic.id }],
      answer: undefined,
    }));
    await core.topic('orders', {}, 2);
    await core.registry.remove(topic);
    await expect(end).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' });
  });

  test('fails when the broker stops', async () => {
    const tail = records.tail();
    await untilLive(tail);
    const end = tail.next();
    await quiet();
    await core.registry.close();
    await expect(end).rejects.toMatchObject({ code: 'NOT_LEADER_OR_FOLLOWER' });
  });

  test('fails at a batch that cannot be read', async () => {
    await sendTo(0, 'a');
    const partition = await core.registry.open(topic, 0);
    const unknownCodec = patched(batch(['b']), bytes => bytes.writeInt16BE(7, 21));
    partition.append(new RecordBatch(unknownCodec), 0);
    await partition.commit(false);
    const tail = records.tail({ partitions: [0] });
    expect([await next(tail), await next(tail)]).toEqual(['started 0', '0:a']);
    await expect(tail.next()).rejects.toMatchObject({ code: 'UNSUPPORTED_COMPRESSION_TYPE' });
  });

  test('lets others run while it looks for what the filter wants', async () => {
    let ticks = 0;
    const clock = { now: () => ++ticks };
    const slow = await RecordsCore.start(core, clock);
    await sendTo(0, ...Array.from({ length: 20 }, (_, at) => `value ${at}`));
    const filter = new RecordFilter({ valueContains: '19' });
    const tail = slow.tail({ partitions: [0], filter });
    await tail.next();
    const found = next(tail);
    let rests = 0;
    while (!(await isAnswered(found))) {
      rests++;
      expect(rests).toBeLessThan(30);
      core.time.advance(4);
    }
    expect(rests).toBeGreaterThan(3);
    expect(await found).toBe('0:value 19');
  });
});

test('a tail gives every record once and in order, whatever happens meanwhile', async () => {
  const seed = seedOfRun();
  const random = new SeededRandom(seed);
  const sent: string[][] = [[], []];
  const got: string[][] = [[], []];
  const tail = records.tail();
  let pending = tail.next();
  for (let step = 0; step < 300; step++) {
    if (random.integer(2) === 0) {
      const partition = random.integer(2);
      const count = 1 + random.integer(5);
      const from = sent[partition]!.length;
      const values = Array.from({ length: count }, (_, at) => `${partition}/${from + at}`);
      sent[partition]!.push(...values);
      const codec = random.pick(['none', 'gzip', 'snappy'] as const);
      await core.send(await compressedBatch(codec, values), { partition });
    }
    for (let reads = random.integer(8); reads > 0 && (await isAnswered(pending)); reads--) {
      const { value } = await pending;
      if (value?.kind === 'record') got[value.partition]!.push(String(value.record.value));
      pending = tail.next();
    }
  }
  while (await isAnswered(pending)) {
    const { value } = await pending;
    if (value?.kind === 'record') got[value.partition]!.push(String(value.record.value));
    pending = tail.next();
  }
  expect(got, `seed ${seed}`).toEqual(sent);
});
