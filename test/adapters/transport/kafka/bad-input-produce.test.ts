import { gzipSync } from 'node:zlib';
import { crc32c } from '@node-rs/crc32';
import { describe, expect, test } from 'vitest';
import { Produce } from '../../../../src/adapters/transport/kafka/messages/produce.ts';
import {
  encodeRecords,
  frameBatch,
  type ProducerFields,
} from '../../../../src/domain/model/log/batch-builder.ts';
import { batch, compressedBatch, patched } from '../../../support/broker-core.ts';
import { hostileClient } from '../../../support/hostile-client.ts';
import { encodeRequest } from '../../../support/raw-client.ts';

/** Produce: rows 21 to 39 of the table of bad inputs, with Kafka's code for each. */

const CORRUPT_MESSAGE = 2;
const UNKNOWN_TOPIC_OR_PARTITION = 3;
const MESSAGE_TOO_LARGE = 10;
const RECORD_LIST_TOO_LARGE = 18;
const INVALID_REQUIRED_ACKS = 21;
const INVALID_TIMESTAMP = 32;
const OUT_OF_ORDER_SEQUENCE_NUMBER = 45;
const INVALID_PRODUCER_EPOCH = 47;
const UNSUPPORTED_COMPRESSION_TYPE = 76;
const INVALID_RECORD = 87;

const MIB = 1024 * 1024;
const good = batch(['a', 'b']);
const record = { key: null, value: Buffer.from('v'), timestamp: 1_700_000_000_000 };
const attributes = (value: number) => (bytes: Buffer) => void bytes.writeInt16BE(value, 21);

/** One record whose bytes after the length are these, in a batch that is otherwise right. */
function recordBody(body: number[]): Buffer {
  return withRecords(Buffer.from([body.length * 2, ...body]));
}

/** A batch of one record that says it was compressed so. */
function withRecords(bytes: Buffer, codec: 'none' | 'gzip' | 'lz4' | 'snappy' | 'zstd' = 'none') {
  return frameBatch([record], { codec, bytes }, {}, checked => crc32c(checked)).bytes;
}

describe('a batch', () => {
  const length = (value: number) => (bytes: Buffer) => void bytes.writeInt32BE(value, 8);
  const magic = (value: number) => (bytes: Buffer) => void bytes.writeInt8(value, 16);

  test.each<[string, Buffer, number]>([
    ['has a wrong CRC', flipped(good, 17), CORRUPT_MESSAGE],
    ['has a flipped bit in a record', flipped(good, good.length - 1), CORRUPT_MESSAGE],
    // What is cut off reads as no batch at all in Kafka (ByteBufferLogInputStream), so that there is not exactly one.
    ['is longer than its bytes', good.subarray(0, -1), INVALID_RECORD],
    ['claims 2^31 - 1 bytes', patched(good, length(2 ** 31 - 1)), INVALID_RECORD],
    ['has fewer bytes than a length takes', good.subarray(0, 11), INVALID_RECORD],
    ['claims fewer bytes than any batch has', patched(good, length(13)), CORRUPT_MESSAGE],
    ['claims a negative length', patched(good, length(-1)), CORRUPT_MESSAGE],
    [
      'claims fewer bytes than its header',
      patched(good, length(48)).subarray(0, 60),
      CORRUPT_MESSAGE,
    ],
    ['is of format 0', patched(good, magic(0)), INVALID_RECORD],
    ['is of format 1', patched(good, magic(1)), INVALID_RECORD],
    ['is of format 3', patched(good, magic(3)), CORRUPT_MESSAGE],
    ['is of format -1', patched(good, magic(-1)), CORRUPT_MESSAGE],
    ['is followed by another', Buffer.concat([good, good]), INVALID_RECORD],
    ['is none', Buffer.alloc(0), INVALID_RECORD],
    ['has a base offset', patched(good, bytes => bytes.writeInt32BE(1, 4)), INVALID_RECORD],
    ['has a higher count', patched(good, bytes => bytes.writeInt32BE(3, 57)), INVALID_RECORD],
    ['has a count of 0', patched(good, bytes => bytes.writeInt32BE(0, 57)), INVALID_RECORD],
    ['has a count of -1', patched(good, bytes => bytes.writeInt32BE(-1, 57)), INVALID_RECORD],
    ['has another last offset', patched(good, bytes => bytes.writeInt32BE(5, 23)), INVALID_RECORD],
    [
      'has a last offset below 0',
      patched(good, bytes => bytes.writeInt32BE(-1, 23)),
      INVALID_RECORD,
    ],
    ['counts more records than there are', patched(good, countOf(3)), INVALID_RECORD],
    ['counts fewer records than there are', patched(good, countOf(1)), INVALID_RECORD],
    ['counts 2^31 - 1 records', patched(good, countOf(2 ** 31 - 1)), INVALID_RECORD],
    ['is a control batch', patched(good, attributes(0x20)), INVALID_RECORD],
    ['is transactional without a producer', patched(good, attributes(0x10)), INVALID_RECORD],
    ['claims the append time', patched(good, attributes(0x08)), INVALID_TIMESTAMP],
    ['has compression 5', patched(good, attributes(5)), UNSUPPORTED_COMPRESSION_TYPE],
    ['has compression 7', patched(good, attributes(7)), UNSUPPORTED_COMPRESSION_TYPE],
    [
      'has a record longer than it',
      withRecords(Buffer.from([0x7e, 0, 0, 0, 1, 1, 0])),
      INVALID_RECORD,
    ],
    ['has a record of length -1', withRecords(Buffer.from([1, 0, 0, 0, 1, 1, 0])), INVALID_RECORD],
    ['has a key beyond its record', recordBody([0, 0, 0, 0x20, 1, 1, 0]), INVALID_RECORD],
    ['has -1 headers', recordBody([0, 0, 0, 1, 1, 1]), INVALID_RECORD],
    [
      'has 2^31 - 1 headers',
      recordBody([0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f]),
      INVALID_RECORD,
    ],
    ['has a header without a key', recordBody([0, 0, 0, 1, 1, 2, 1, 1]), INVALID_RECORD],
    ['has an offset delta out of order', recordBody([0, 0, 4, 1, 1, 0]), INVALID_RECORD],
    [
      'has a varint of eleven bytes',
      recordBody([0, ...Array<number>(10).fill(0x80), 1, 0, 1, 1, 0]),
      INVALID_RECORD,
    ],
    ['is no gzip, and says so', withRecords(Buffer.alloc(50, 7), 'gzip'), CORRUPT_MESSAGE],
    ['is no lz4, and says so', withRecords(Buffer.alloc(50, 7), 'lz4'), CORRUPT_MESSAGE],
    ['is no snappy, and says so', withRecords(Buffer.alloc(50, 7), 'snappy'), CORRUPT_MESSAGE],
    ['is no zstd, and says so', withRecords(Buffer.alloc(50, 7), 'zstd'), CORRUPT_MESSAGE],
    [
      'is of cut gzip',
      withRecords(gzipSync(encodeRecords([record])).subarray(0, -9), 'gzip'),
      CORRUPT_MESSAGE,
    ],
    ['is a bomb of gzip', withRecords(gzipSync(Buffer.alloc(65 * MIB)), 'gzip'), MESSAGE_TOO_LARGE],
    ['is above max.message.bytes', batch(['x'.repeat(1_100_000)]), MESSAGE_TOO_LARGE],
  ])('%s', async (_, records, code) => {
    await using hostile = await hostileClient();
    expect(await hostile.produce(records)).toMatchObject({ errorCode: code, baseOffset: -1 });
    // Nothing of it was kept, and the same connection goes on.
    expect(await hostile.produce(good)).toMatchObject({ errorCode: 0, baseOffset: 0 });
    await hostile.expectHealthy();
  });

  test('is missing', async () => {
    await using hostile = await hostileClient();
    expect((await hostile.produce(null)).errorCode).toBe(INVALID_RECORD);
  });

  test('is of zstd before Produce v7', async () => {
    await using hostile = await hostileClient();
    const zstd = patched(good, attributes(4));
    for (const version of [3, 6]) {
      const { errorCode } = await hostile.produce(zstd, { version });
      expect(errorCode).toBe(UNSUPPORTED_COMPRESSION_TYPE);
    }
  });

  test.each<[string, Record<string, string>, Buffer, number]>([
    ['has no key, on a compacted topic', { 'cleanup.policy': 'compact' }, good, INVALID_RECORD],
    ['is too old', { 'message.timestamp.before.max.ms': '1000' }, good, INVALID_TIMESTAMP],
    [
      'is of the future',
      { 'message.timestamp.after.max.ms': '1000' },
      batch([{ value: Buffer.from('v'), timestamp: Date.now() + 3_600_000 }]),
      INVALID_TIMESTAMP,
    ],
    [
      'is larger than a segment',
      { 'segment.bytes': String(MIB), 'max.message.bytes': String(4 * MIB) },
      batch(['x'.repeat(2 * MIB)]),
      RECORD_LIST_TOO_LARGE,
    ],
    [
      'is above the max.message.bytes of its topic',
      { 'max.message.bytes': '70' },
      good,
      MESSAGE_TOO_LARGE,
    ],
  ])('%s', async (_, configs, records, code) => {
    await using hostile = await hostileClient();
    expect(await hostile.createTopic('strict', configs)).toBe(0);
    expect((await hostile.produce(records, { topic: 'strict' })).errorCode).toBe(code);
    await hostile.expectHealthy();
  });

  test('is compressed, and has no key on a compacted topic', async () => {
    await using hostile = await hostileClient();
    await hostile.createTopic('strict', { 'cleanup.policy': 'compact' });
    const keyless = await compressedBatch('gzip', ['a']);
    const { errorCode } = await hostile.produce(keyless, { topic: 'strict' });
    expect(errorCode).toBe(INVALID_RECORD);
  });
});

describe('a request', () => {
  test.each([2, -2, 127])('with acks %i', async acks => {
    await using hostile = await hostileClient();
    expect((await hostile.produce(good, { acks })).errorCode).toBe(INVALID_REQUIRED_ACKS);
  });

  // A name that no topic can have is a topic that is not there (KafkaApis.handleProduceRequest).
  test.each([
    ['an unknown topic', 'nowhere', 0],
    ['partition -1', 'orders', -1],
    ['partition 1 of one', 'orders', 1],
    ['partition 2^31 - 1', 'orders', 2 ** 31 - 1],
    ['the topic ..', '..', 0],
    ['a topic with a slash', 'a/b', 0],
    ['a topic of 30,000 characters', 'x'.repeat(30_000), 0],
    ['the topic __proto__', '__proto__', 0],
  ])('for %s', async (_, topic, partition) => {
    await using hostile = await hostileClient();
    const { errorCode } = await hostile.produce(good, { topic, partition });
    expect(errorCode).toBe(UNKNOWN_TOPIC_OR_PARTITION);
  });

  test('with acks 0 has no answer; an error closes the connection, since nothing else can tell', async () => {
    await using hostile = await hostileClient();
    const of = (records: Buffer): Buffer => {
      const topicData = [{ name: 'orders', partitionData: [{ index: 0, records }] }];
      return encodeRequest(Produce, 9, { acks: 0, timeoutMs: 1000, topicData });
    };
    hostile.raw.send(of(good));
    expect(await hostile.produce(good)).toMatchObject({ errorCode: 0, baseOffset: 2 });
    await hostile.expectBytesClose(of(flipped(good, 17)), /CORRUPT_MESSAGE/);
    await hostile.expectHealthy();
  });
});

describe('sequences', () => {
  const of = (baseSequence: number, producer: Partial<ProducerFields> = {}, count = 1): Buffer =>
    batch(Array<string>(count).fill('v'), {
      producer: { id: 7, epoch: 0, baseSequence, ...producer },
    });

  test('a gap', async () => {
    await using hostile = await hostileClient();
    expect(await hostile.errorsOf(of(0), of(2), of(1))).toEqual([
      0,
      OUT_OF_ORDER_SEQUENCE_NUMBER,
      0,
    ]);
  });

  test('one of the last five again is answered with its offset; an older one is out of order', async () => {
    await using hostile = await hostileClient();
    expect(await hostile.errorsOf(...[0, 1, 2, 3, 4, 5].map(at => of(at)))).toEqual(
      Array(6).fill(0),
    );
    for (const at of [1, 5]) {
      expect(await hostile.produce(of(at))).toMatchObject({ errorCode: 0, baseOffset: at });
    }
    expect((await hostile.produce(of(0))).errorCode).toBe(OUT_OF_ORDER_SEQUENCE_NUMBER);
    expect(await hostile.produce(of(6))).toMatchObject({ errorCode: 0, baseOffset: 6 });
  });

  test('2147483647 is followed by 0', async () => {
    await using hostile = await hostileClient();
    expect(await hostile.errorsOf(of(2147483646, {}, 2), of(0))).toEqual([0, 0]);
  });

  test('an epoch that is over, and batches with half a producer', async () => {
    await using hostile = await hostileClient();
    expect(await hostile.errorsOf(of(0, { epoch: 1 }), of(0))).toEqual([0, INVALID_PRODUCER_EPOCH]);
    expect(await hostile.errorsOf(of(-1), of(0, { epoch: -1 }))).toEqual([
      INVALID_RECORD,
      INVALID_RECORD,
    ]);
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 1;
  return copy;
}

function countOf(count: number): (bytes: Buffer) => void {
  return bytes => {
    bytes.writeInt32BE(count - 1, 23);
    bytes.writeInt32BE(count, 57);
  };
}
