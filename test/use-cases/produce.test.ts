import { beforeEach, describe, expect, test } from 'vitest';
import { putInt64, RecordBatch } from '../../src/domain/model/log/record-batch.ts';
import {
  batch,
  BrokerCore,
  compressedBatch,
  inflate,
  isSound,
  patched,
  valuesIn,
} from '../support/broker-core.ts';

let core: BrokerCore;

beforeEach(async () => {
  core = await BrokerCore.start();
});

const NOW = 1_700_000_000_000;
const sequence = (baseSequence: number, epoch = 0) => ({
  producer: { id: 7, epoch, baseSequence },
});

describe('producing', () => {
  test('gives each batch the next offsets, with every acks', async () => {
    await core.topic('orders');
    const offsets: number[] = [];
    for (const acks of [-1, 1, 0]) {
      const outcome = await core.send(batch(['a', 'b']), { acks });
      expect(outcome).toEqual({
        error: null,
        message: null,
        baseOffset: outcome.baseOffset,
        logAppendTimeMs: -1,
        logStartOffset: 0,
        recordErrors: [],
      });
      offsets.push(outcome.baseOffset);
    }
    expect(offsets).toEqual([0, 2, 4]);
    expect(await core.values()).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  });

  test.each([2, -2, 127])('refuses acks %i', async acks => {
    await core.topic('orders');
    expect((await core.send(batch(['a']), { acks })).error).toBe('INVALID_REQUIRED_ACKS');
    expect(await core.values()).toEqual([]);
  });

  test('knows topics by id too, and refuses what it does not know', async () => {
    const { id } = await core.topic('orders', {}, 2);
    const bytes = () => batch(['a']);
    expect((await core.send(bytes(), { topic: null!, topicId: id })).error).toBeNull();
    const errors = [
      await core.send(bytes(), { topic: 'nowhere' }),
      await core.send(bytes(), { partition: -1 }),
      await core.send(bytes(), { partition: 2 }),
      await core.send(bytes(), { topic: null!, topicId: 'nowhere' }),
      await core.send(bytes(), { topic: 'a/b' }),
    ].map(({ error }) => error);
    const unknown = 'UNKNOWN_TOPIC_OR_PARTITION';
    expect(errors).toEqual([unknown, unknown, unknown, 'UNKNOWN_TOPIC_ID', unknown]);
  });

  test('answers each partition for itself, in the order of the request', async () => {
    await core.topic('orders', {}, 3);
    const part = (partition: number, records: Buffer) => {
      return { topic: 'orders', topicId: null, partition, records };
    };
    const outcomes = await core.produce.execute({
      acks: -1,
      timeoutMs: 1000,
      transactionalId: null,
      zstdAllowed: true,
      partitions: [
        part(2, batch(['a'])),
        part(9, batch(['b'])),
        part(0, Buffer.alloc(3)),
        part(1, await compressedBatch('gzip', ['c'])),
      ],
    });
    expect(outcomes.map(({ error }) => error)).toEqual([
      null,
      'UNKNOWN_TOPIC_OR_PARTITION',
      'INVALID_RECORD',
      null,
    ]);
    expect(await core.values({ partition: 2 })).toEqual(['a']);
  });

  const magicOf = (magic: number) => {
    const bytes = batch(['a']);
    bytes.writeInt8(magic, 16);
    return bytes;
  };
  const wrongCrc = () => {
    const bytes = batch(['a']);
    bytes[17]! ^= 1;
    return bytes;
  };
  const headerField = (write: (bytes: Buffer) => void) => () => patched(batch(['a', 'b']), write);
  const tooLong = () => {
    const bytes = batch(['a']);
    bytes.writeInt32BE(bytes.length, 8);
    return bytes;
  };
  const BAD: [string, () => Buffer | null, string][] = [
    ['nothing', () => null, 'INVALID_RECORD'],
    ['no bytes', () => Buffer.alloc(0), 'INVALID_RECORD'],
    ['a wrong CRC', wrongCrc, 'CORRUPT_MESSAGE'],
    ['a length below a header', () => Buffer.alloc(30), 'CORRUPT_MESSAGE'],
    ['a length beyond the bytes', tooLong, 'INVALID_RECORD'],
    ['magic 0', () => magicOf(0), 'INVALID_RECORD'],
    ['magic 1', () => magicOf(1), 'INVALID_RECORD'],
    ['magic 3', () => magicOf(3), 'CORRUPT_MESSAGE'],
    ['two batches', () => Buffer.concat([batch(['a']), batch(['b'])]), 'INVALID_RECORD'],
    ['a count too small', headerField(bytes => bytes.writeInt32BE(1, 57)), 'INVALID_RECORD'],
    ['a count of zero', headerField(bytes => bytes.writeInt32BE(0, 57)), 'INVALID_RECORD'],
    ['a negative last offset', headerField(b => b.writeInt32BE(-1, 23)), 'INVALID_RECORD'],
    ['a record beyond the batch', headerField(b => b.writeInt8(126, 61)), 'INVALID_RECORD'],
    ['a control batch', () => batch(['a'], { control: true }), 'INVALID_RECORD'],
    ['codec 5', headerField(bytes => bytes.writeInt16BE(5, 21)), 'UNSUPPORTED_COMPRESSION_TYPE'],
    ['a transaction of nobody', () => batch(['a'], { transactional: true }), 'INVALID_RECORD'],
    [
      'a transaction',
      () => batch(['a'], { transactional: true, ...sequence(0) }),
      'INVALID_TXN_STATE',
    ],
  ];

  test.each(BAD)('refuses %s', async (_, make, error) => {
    await core.topic('orders');
    const outcome = await core.send(make());
    expect(outcome.error).toBe(error);
    expect(outcome.message).not.toBe('');
    expect(outcome.baseOffset).toBe(-1);
    expect(await core.values()).toEqual([]);
  });

  test('refuses zstd below the version that knows it', async () => {
    await core.topic('orders');
    const bytes = patched(batch(['a']), copy => copy.writeInt16BE(4, 21));
    const outcome = await core.send(bytes, { zstdAllowed: false });
    expect(outcome.error).toBe('UNSUPPORTED_COMPRESSION_TYPE');
  });

  test('refuses compressed records that are damaged, however right the CRC is', async () => {
    await core.topic('orders');
    const bytes = await compressedBatch('gzip', ['a'.repeat(500)]);
    const damaged = patched(bytes.subarray(0, -9), copy => copy.writeInt32BE(copy.length - 12, 8));
    expect((await core.send(damaged)).error).toBe('CORRUPT_MESSAGE');
  });

  test('refuses records that grow beyond all bounds', async () => {
    await core.topic('orders');
    const bomb = await compressedBatch('gzip', [{ value: Buffer.alloc(65 * 1024 * 1024) }]);
    expect(bomb.length).toBeLessThan(1024 * 1024);
    expect((await core.send(bomb)).error).toBe('MESSAGE_TOO_LARGE');
  });

  test('refuses a batch above max.message.bytes, to the byte', async () => {
    const bytes = batch(['a'.repeat(200)]);
    await core.topic('orders', { 'max.message.bytes': String(bytes.length) });
    expect((await core.send(bytes)).error).toBeNull();
    expect((await core.send(batch(['a'.repeat(201)]))).error).toBe('MESSAGE_TOO_LARGE');
  });

  test('refuses a batch above segment.bytes', async () => {
    const large = String(4 * 1024 * 1024);
    await core.topic('orders', { 'max.message.bytes': large, 'segment.bytes': '1048576' });
    const outcome = await core.send(batch(['a'.repeat(1_100_000)]));
    expect(outcome.error).toBe('RECORD_LIST_TOO_LARGE');
  });

  test('refuses a record without a key on a compacted topic, and says which', async () => {
    await core.topic('orders', { 'cleanup.policy': 'compact' });
    const outcome = await core.send(batch([{ key: Buffer.from('k') }, { key: null }]));
    expect(outcome.error).toBe('INVALID_RECORD');
    expect(outcome.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual([1]);
    expect((await core.send(batch([{ key: Buffer.from('k') }]))).error).toBeNull();
  });

  test('refuses timestamps outside the limits of the topic', async () => {
    const limits = {
      'message.timestamp.before.max.ms': '1000',
      'message.timestamp.after.max.ms': '2000',
    };
    await core.topic('orders', limits);
    const errorAt = async (timestamp: number) => (await core.send(batch([{ timestamp }]))).error;
    expect(await errorAt(NOW - 1001)).toBe('INVALID_TIMESTAMP');
    expect(await errorAt(NOW + 2001)).toBe('INVALID_TIMESTAMP');
    expect(await errorAt(NOW - 1000)).toBeNull();
    expect(await errorAt(NOW + 2000)).toBeNull();
  });

  test('counts min.insync.replicas for no more than there are replicas', async () => {
    await core.topic('orders', { 'min.insync.replicas': '2' });
    expect((await core.send(batch(['a']))).error).toBeNull();
  });

  test('stamps the time of the broker on a topic with LogAppendTime', async () => {
    await core.topic('orders', { 'message.timestamp.type': 'LogAppendTime' });
    core.time.advance(5);
    const plain = await core.send(batch([{ timestamp: 1 }, { timestamp: 2 }]));
    const packed = await core.send(await compressedBatch('gzip', [{ timestamp: 1 }]));
    expect([plain.logAppendTimeMs, packed.logAppendTimeMs]).toEqual([NOW + 5, NOW + 5]);
    const { records } = await core.read();
    expect(isSound(records)).toBe(true);
    const first = new RecordBatch(records);
    expect([first.isLogAppendTime, first.maxTimestamp]).toEqual([true, NOW + 5]);
  });

  test('mends a wrong max timestamp, with a CRC that fits', async () => {
    await core.topic('orders');
    await core.send(patched(batch([{ timestamp: NOW }]), bytes => putInt64(bytes, 1, 35)));
    const { records } = await core.read();
    expect(isSound(records)).toBe(true);
    expect(new RecordBatch(records).maxTimestamp).toBe(NOW);
  });

  test('keeps a compressed batch as it came', async () => {
    await core.topic('orders');
    const sent = await compressedBatch('gzip', ['a', 'b']);
    await core.send(Buffer.from(sent));
    const { records } = await core.read();
    expect(records.subarray(16)).toEqual(sent.subarray(16));
  });

  test.each([
    ['none', 'gzip', 1],
    ['none', 'lz4', 3],
    ['gzip', 'snappy', 2],
    ['gzip', 'uncompressed', 0],
  ] as const)('recodes %s to %s where the topic says so', async (given, kept, codecId) => {
    await core.topic('orders', { 'compression.type': kept });
    const values = ['a'.repeat(300), 'b'];
    const outcome = await core.send(await compressedBatch(given, values, sequence(0)));
    expect(outcome.error).toBeNull();
    const { records } = await core.read();
    const found = new RecordBatch(records);
    expect([found.compression, found.producerId, isSound(records)]).toEqual([codecId, 7, true]);
    const codec = kept === 'uncompressed' ? 'none' : kept;
    const inflated = await inflate(codec, found.records);
    const plain = patched(Buffer.concat([records.subarray(0, 61), inflated]), bytes => {
      bytes.writeInt32BE(bytes.length - 12, 8);
      bytes.writeInt16BE(0, 21);
    });
    expect(valuesIn(plain)).toEqual(values);
  });
});

describe('idempotent producers', () => {
  test('are held to their sequence', async () => {
    await core.topic('orders');
    expect((await core.send(batch(['a', 'b'], sequence(0)))).baseOffset).toBe(0);
    expect((await core.send(batch(['d'], sequence(3)))).error).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
    expect((await core.send(batch(['c'], sequence(2)))).baseOffset).toBe(2);
    expect(await core.values()).toEqual(['a', 'b', 'c']);
  });

  test('get the old offset for any of their last five batches, and 45 for an older one', async () => {
    await core.topic('orders');
    for (let i = 0; i < 6; i++) await core.send(batch(['a'], sequence(i)));
    for (let i = 1; i < 6; i++) {
      const again = await core.send(batch(['a'], sequence(i)));
      expect([again.error, again.baseOffset]).toEqual([null, i]);
    }
    const older = await core.send(batch(['a'], sequence(0)));
    expect(older.error).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
    expect((await core.read()).highWatermark).toBe(6);
  });

  test('may go on after their largest sequence at 0', async () => {
    await core.topic('orders');
    expect((await core.send(batch(['a', 'b'], sequence(2 ** 31 - 2)))).error).toBeNull();
    expect((await core.send(batch(['c'], sequence(0)))).baseOffset).toBe(2);
  });

  test('may wrap within a batch', async () => {
    await core.topic('orders');
    expect((await core.send(batch(['a', 'b'], sequence(2 ** 31 - 1)))).error).toBeNull();
    expect((await core.send(batch(['c'], sequence(1)))).baseOffset).toBe(2);
  });

  test('begin a new epoch at 0, and are fenced with an old one', async () => {
    await core.topic('orders');
    await core.send(batch(['a'], sequence(0)));
    const early = await core.send(batch(['b'], sequence(1, 1)));
    expect(early.error).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
    expect((await core.send(batch(['b'], sequence(0, 1)))).error).toBeNull();
    expect((await core.send(batch(['c'], sequence(1)))).error).toBe('INVALID_PRODUCER_EPOCH');
  });

  test('get the old time of a duplicate on a topic with LogAppendTime', async () => {
    await core.topic('orders', { 'message.timestamp.type': 'LogAppendTime' });
    await core.send(batch(['a'], sequence(0)));
    core.time.advance(50);
    const again = await core.send(batch(['a'], sequence(0)));
    expect([again.baseOffset, again.logAppendTimeMs]).toEqual([0, NOW]);
  });
});
