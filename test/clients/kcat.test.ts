import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CODECS } from '../../src/domain/model/log/codec.ts';
import { testBroker } from '../support/broker.ts';
import { RawClient } from '../support/raw-client.ts';
import { describeClient } from './support/describe-client.ts';
import { consumed, kcat, Kcat, kcatAbsence, PRINT_RECORDS, recordsIn } from './support/kcat.ts';

interface Listing {
  readonly brokers: readonly { readonly id: number; readonly name: string }[];
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly leader: number }[];
  }[];
}

async function listing(bootstrap: string, options: readonly string[] = []): Promise<Listing> {
  return JSON.parse((await kcat(bootstrap, ['-L', '-J', ...options])).toString()) as Listing;
}

const lines = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, i) => `line ${from + i}`);
const text = (values: readonly string[]): string => values.map(value => `${value}\n`).join('');
const valuesOf = (records: readonly { readonly value: Buffer | null }[]) =>
  records.map(({ value }) => value?.toString() ?? null);

/** Puts bytes where kcat can send them as one message. */
async function inFile<T>(bytes: Buffer, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'hexlog-kcat-'));
  try {
    const path = join(folder, 'message');
    await writeFile(path, bytes);
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describeClient('kcat', kcatAbsence(), storage => {
  test('lists brokers and topics, and a topic made by asking for it', async () => {
    await using broker = await testBroker({ storage, settings: { 'num.partitions': 3 } });
    const empty = await listing(broker.bootstrap);
    expect(empty.brokers).toEqual([{ id: 1, name: broker.bootstrap }]);
    expect(empty.topics).toEqual([]);
    await kcat(broker.bootstrap, ['-P', '-t', 'made', '-p', '2'], 'first\n');
    const { topics } = await listing(broker.bootstrap);
    expect(topics.map(({ topic }) => topic)).toEqual(['made']);
    expect(topics[0]!.partitions.map(({ partition, leader }) => [partition, leader])).toEqual([
      ...[0, 1, 2].map(index => [index, 1]),
    ]);
  });

  test('is refused a topic where nothing is made by asking', async () => {
    const settings = { 'auto.create.topics.enable': false };
    await using broker = await testBroker({ storage, settings });
    // Without it librdkafka hopes for thirty seconds that the topic is about to come.
    const impatient = ['-X', 'topic.metadata.propagation.max.ms=1'];
    const options = ['-P', '-t', 'none', ...impatient];
    await using producer = new Kcat(broker.bootstrap, options, 'lost\n');
    expect(await producer.complaint()).toMatch(/Unknown topic/i);
    expect((await listing(broker.bootstrap)).topics).toEqual([]);
  });

  describe.each(CODECS)('with %s', codec => {
    test.each(['0', '1', 'all'])('and acks %s, gives back what it got', async acks => {
      await using broker = await testBroker({ storage });
      const given = lines(500);
      const options = ['-P', '-t', 't', '-z', codec, '-X', `acks=${acks}`, '-X', 'linger.ms=20'];
      await kcat(broker.bootstrap, options, text(given));
      const records = await consumed(broker.bootstrap, ['-t', 't', '-c', '500', '-o', 'beginning']);
      expect(valuesOf(records)).toEqual(given);
      expect(records.map(({ offset }) => offset)).toEqual(given.map((_, i) => i));
      // librdkafka leaves off compressing, silently, when the broker's versions do not please it.
      using raw = await RawClient.connect(broker.port);
      const kept = (await raw.batches('t')).map(({ compression }) => CODECS[compression]);
      expect(kept).toContain(codec);
    });
  });

  test('keeps keys, headers, null and empty values, and every byte', async () => {
    await using broker = await testBroker({ storage });
    const begin = Date.now();
    const headers = ['-H', 'a=1', '-H', 'b=two', '-H', 'a=3'];
    await kcat(broker.bootstrap, ['-P', '-t', 't', '-K:', ...headers], 'k1:v1\n');
    await kcat(broker.bootstrap, ['-P', '-t', 't', '-K:', '-Z'], 'gone:\n');
    await kcat(broker.bootstrap, ['-P', '-t', 't', '-K:'], 'empty:\n');
    const bytes = Buffer.from(Array.from({ length: 512 }, (_, i) => i & 0xff));
    await inFile(bytes, path => kcat(broker.bootstrap, ['-P', '-t', 't', '-k', 'bytes', path]));
    const records = await consumed(broker.bootstrap, ['-t', 't', '-e']);
    expect(records.map(({ key, value }) => [key?.toString(), value])).toEqual([
      ['k1', Buffer.from('v1')],
      ['gone', null],
      ['empty', Buffer.alloc(0)],
      ['bytes', bytes],
    ]);
    expect(records.map(record => record.headers)).toEqual(['a=1,b=two,a=3', '', '', '']);
    for (const { timestamp } of records) {
      expect(timestamp).toBeGreaterThanOrEqual(begin);
      expect(timestamp).toBeLessThanOrEqual(Date.now());
    }
  });

  test('reads from an offset, from the last few, from a timestamp and up to one', async () => {
    await using broker = await testBroker({ storage });
    for (const part of [0, 1, 2]) {
      await kcat(broker.bootstrap, ['-P', '-t', 't'], text(lines(10, part * 10)));
    }
    const from = (offset: string, more: readonly string[] = []) =>
      consumed(broker.bootstrap, ['-t', 't', '-e', '-o', offset, ...more]);
    const all = await from('beginning');
    const values = valuesOf(all);
    expect(values).toEqual(lines(30));
    expect(valuesOf(await from('15'))).toEqual(lines(15, 15));
    expect(valuesOf(await from('-4'))).toEqual(lines(4, 26));
    const second = all[10]!.timestamp;
    const later = all.filter(({ timestamp }) => timestamp >= second);
    expect(valuesOf(await from(`s@${second}`))).toEqual(valuesOf(later));
    const before = all.filter(({ timestamp }) => timestamp < second);
    expect(valuesOf(await from('beginning', ['-o', `e@${second}`]))).toEqual(valuesOf(before));
    const asked = await kcat(broker.bootstrap, ['-Q', '-t', `t:0:${second}`]);
    expect(asked.toString()).toContain(`t [0] offset ${later[0]!.offset}`);
  });

  test('follows the end while others produce, and sees each record once', async () => {
    await using broker = await testBroker({ storage });
    await kcat(broker.bootstrap, ['-P', '-t', 't'], 'before\n');
    const count = 3000;
    const tail = ['-C', '-t', 't', '-o', 'end', '-u', '-c', String(count), ...PRINT_RECORDS];
    await using consumer = new Kcat(broker.bootstrap, tail);
    await consumer.told(/Reached end of topic t/);
    for (const part of [0, 1, 2]) {
      const options = ['-P', '-t', 't', '-X', 'batch.num.messages=7', '-X', 'acks=all'];
      await kcat(broker.bootstrap, options, text(lines(count / 3, (part * count) / 3)));
    }
    expect(valuesOf(recordsIn(await consumer.output()))).toEqual(lines(count));
  });

  // Memory forgets: there is nothing to go on with.
  const persistent = storage === 'memory' ? undefined : test;
  persistent?.('goes on with what it has after a restart', async () => {
    await using broker = await testBroker({ storage });
    await kcat(broker.bootstrap, ['-P', '-t', 't', '-z', 'lz4'], text(lines(100)));
    await broker.restart();
    await kcat(broker.bootstrap, ['-P', '-t', 't'], text(lines(100, 100)));
    const records = await consumed(broker.bootstrap, ['-t', 't', '-e', '-o', 'beginning']);
    expect(valuesOf(records)).toEqual(lines(200));
  });

  test('sends a record near the limit, and is told of one beyond it', async () => {
    await using broker = await testBroker({ storage });
    const options = ['-P', '-t', 't', '-X', 'message.max.bytes=3000000'];
    const large = Buffer.alloc(1_048_000, 'x');
    await inFile(large, path => kcat(broker.bootstrap, [...options, path]));
    const [record] = await consumed(broker.bootstrap, ['-t', 't', '-e']);
    expect(record!.value!.equals(large)).toBe(true);
    await inFile(Buffer.alloc(2_000_000, 'y'), async path => {
      await using producer = new Kcat(broker.bootstrap, [...options, path]);
      expect(await producer.complaint()).toMatch(/message size too large/i);
    });
  });

  test('sends idempotently with many requests in flight', async () => {
    await using broker = await testBroker({ storage });
    const idempotent = ['-X', 'enable.idempotence=true', '-X', 'batch.num.messages=10'];
    await kcat(broker.bootstrap, ['-P', '-t', 't', ...idempotent], text(lines(2000)));
    expect(valuesOf(await consumed(broker.bootstrap, ['-t', 't', '-e']))).toEqual(lines(2000));
  });
});
