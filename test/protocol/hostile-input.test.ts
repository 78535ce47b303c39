import { describe, expect, test } from 'vitest';
import { ApiVersionsRequest } from '../../src/adapters/transport/kafka/messages/api-versions.ts';
import { CreateTopicsRequest } from '../../src/adapters/transport/kafka/messages/create-topics.ts';
import { DeleteTopicsRequest } from '../../src/adapters/transport/kafka/messages/delete-topics.ts';
import { FetchRequest } from '../../src/adapters/transport/kafka/messages/fetch.ts';
import { ListConfigResourcesRequest } from '../../src/adapters/transport/kafka/messages/list-config-resources.ts';
import { MetadataRequest } from '../../src/adapters/transport/kafka/messages/metadata.ts';
import { ProduceRequest } from '../../src/adapters/transport/kafka/messages/produce.ts';
import { readRequestHeader } from '../../src/adapters/transport/kafka/wire/headers.ts';
import { ProtocolError } from '../../src/adapters/transport/kafka/wire/protocol-error.ts';
import { OBJECT_BUDGET, WireReader } from '../../src/adapters/transport/kafka/wire/reader.ts';
import type { Message } from '../../src/adapters/transport/kafka/wire/schema.ts';
import { WireWriter } from '../../src/adapters/transport/kafka/wire/writer.ts';
import { hex } from './support/bytes.ts';
import { read, written } from './support/editions.ts';

function expectRefusal(message: Message, version: number, bytes: Buffer, reason: RegExp): void {
  const attempt = (): unknown => read(message, version, bytes);
  expect(attempt).toThrow(ProtocolError);
  expect(attempt).toThrow(reason);
}

/** An ApiVersions v3 request whose tagged fields are these bytes. */
function withTags(tags: Buffer): Buffer {
  return Buffer.concat([hex('02 61', '02 62'), tags]);
}

function uvarints(...values: readonly number[]): Buffer {
  const writer = new WireWriter();
  for (const value of values) writer.uvarint(value);
  return Buffer.concat(writer.take());
}

describe('counts', () => {
  test('an array of 2^31-1 elements', () => {
    expectRefusal(MetadataRequest, 1, hex('7fffffff 0001 61'), /array of 2147483647/);
  });

  test('a compact array of 0xFFFFFFFF0F', () => {
    expectRefusal(MetadataRequest, 9, hex('ffffffff0f 0261 00 00'), /array of 4294967294/);
  });

  test('as many elements as bytes are left, each of which needs two', () => {
    const names = Buffer.alloc(100);
    expectRefusal(DeleteTopicsRequest, 1, Buffer.concat([hex('00000064'), names]), /array of 100/);
    const { value } = read(DeleteTopicsRequest, 1, Buffer.concat([hex('0000002f'), names]));
    expect((value as DeleteTopicsRequest).topicNames).toHaveLength(47);
  });

  test('an array of -2 elements, nullable or not', () => {
    expectRefusal(MetadataRequest, 1, hex('fffffffe'), /array of -2/);
    expectRefusal(DeleteTopicsRequest, 1, hex('fffffffe 00000000'), /array of -2/);
  });

  test('a null array where none may be', () => {
    expectRefusal(MetadataRequest, 0, hex('ffffffff'), /array of -1/);
    expectRefusal(ListConfigResourcesRequest, 1, hex('00 00'), /array of -1/);
  });

  test('more objects than a request may become, though all of them were sent', () => {
    const request = (count: number): Buffer =>
      Buffer.concat([uvarints(count + 1), Buffer.alloc(count), hex('00')]);
    expectRefusal(ListConfigResourcesRequest, 1, request(OBJECT_BUDGET + 1), /more objects/);
    const { left } = read(ListConfigResourcesRequest, 1, request(OBJECT_BUDGET));
    expect(left).toBe(0);
  });

  test('the budget counts what elements are made of, and begins anew with each frame', () => {
    // Each topic is a struct, a name, two arrays: four objects.
    const topic = hex('0000 00000000 0000 00000000 00000000');
    const bytes = Buffer.concat([hex('00000003'), topic, topic, topic, hex('00000000 00')]);
    const reader = new WireReader();
    const codec = CreateTopicsRequest.at(2);
    expect(() => codec.read(reader.reset(bytes, 0, bytes.length, 11))).toThrow(/more objects/);
    expect(codec.read(reader.reset(bytes, 0, bytes.length, 12)).topics).toHaveLength(3);
    expect(codec.read(reader.reset(bytes, 0, bytes.length, 12)).topics).toHaveLength(3);
  });

  test('ids are objects as well', () => {
    // A struct, an id, a null name that might have been one: three objects.
    const bytes = Buffer.concat([hex('02'), Buffer.alloc(16), hex('00 00 00 00 00')]);
    const reader = new WireReader();
    const codec = MetadataRequest.at(12);
    expect(() => codec.read(reader.reset(bytes, 0, bytes.length, 2))).toThrow(/more objects/);
    expect(codec.read(reader.reset(bytes, 0, bytes.length, 3)).topics).toHaveLength(1);
  });
});

describe('lengths', () => {
  test('a string of length -2, nullable or not', () => {
    expectRefusal(MetadataRequest, 1, hex('00000001 fffe 61'), /string of length -2/);
    expectRefusal(ProduceRequest, 3, hex('fffe 61'), /string of length -2/);
  });

  test('a null string where none may be', () => {
    expectRefusal(MetadataRequest, 1, hex('00000001 ffff'), /string of length -1/);
    expectRefusal(ApiVersionsRequest, 3, hex('00 01 00'), /string of length -1/);
  });

  test('a compact string longer than Kafka lets one be', () => {
    const bytes = Buffer.concat([uvarints(0x8001), Buffer.alloc(0x8000, 'a'), hex('01 00')]);
    expectRefusal(ApiVersionsRequest, 3, bytes, /string of length 32768/);
  });

  test('a string longer than the frame', () => {
    expectRefusal(MetadataRequest, 1, hex('00000001 0005 61626364'), /5 bytes wanted where 4/);
  });

  test.each(['fffffffe', '7fffffff', '80000000'])('records of length %s', length => {
    const start = hex('ffff 0001 00007530 00000001 0001 61 00000001 00000000');
    expectRefusal(ProduceRequest, 3, Buffer.concat([start, hex(length)]), /bytes/);
  });

  test('compact records of 4 GiB', () => {
    const start = hex('00 0001 00007530 02 02 61 02 00000000');
    expectRefusal(
      ProduceRequest,
      9,
      Buffer.concat([start, hex('ffffffff0f 00')]),
      /4294967294 bytes/,
    );
  });

  test('a length the frame does not hold, though its buffer goes on with the next request', () => {
    const bytes = hex('00000001 0004 61626364');
    const reader = new WireReader().reset(bytes, 0, bytes.length - 1);
    expect(() => MetadataRequest.at(1).read(reader)).toThrow(ProtocolError);
  });
});

describe('numbers', () => {
  test.each(['8080808080 00', '8080808010', 'ffffffffff 0f', 'ffffffff1f'])('varint %s', bytes => {
    expect(() => new WireReader().reset(hex(bytes)).uvarint()).toThrow(/longer than 32 bits/);
  });

  test('varints of every length', () => {
    const values = [0, 127, 128, 16383, 16384, 2097151, 2097152, 268435455, 268435456, 0xffffffff];
    const reader = new WireReader().reset(uvarints(...values));
    expect(values.map(() => reader.uvarint())).toEqual(values);
  });

  test.each(['0020000000000000', '7fffffffffffffff', 'ffe0000000000000', '8000000000000000'])(
    'int64 %s is past 2^53',
    bytes => {
      expect(() => new WireReader().reset(hex(bytes)).int64()).toThrow(ProtocolError);
    },
  );

  test('the ends of what is safe', () => {
    const reader = new WireReader().reset(hex('001fffffffffffff', 'ffe0000000000001'));
    expect([reader.int64(), reader.int64()]).toEqual([2 ** 53 - 1, -(2 ** 53) + 1]);
  });

  test('a fetch at Long.MAX_VALUE is a question that can be answered', () => {
    const topics = [
      { topic: 'a', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 0 }] },
    ];
    const request = { maxWaitMs: 0, minBytes: 0, topics };
    const bytes = written(FetchRequest, 4, request);
    bytes.write('7fffffffffffffff', bytes.length - 12, 'hex');
    const { value } = read(FetchRequest, 4, bytes);
    const { fetchOffset } = (value as FetchRequest).topics[0]!.partitions[0]!;
    expect(fetchOffset).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('text', () => {
  test.each([
    ['a lone continuation byte', '80'],
    ['an overlong form', 'c0af'],
    ['a surrogate', 'eda080'],
    ['a character cut short', 'e697'],
    ['beyond Unicode', 'f4908080'],
    ['within long text', '61'.repeat(50) + 'ff'],
  ])('%s is no UTF-8', (_, text) => {
    const bytes = hex(text);
    const length = bytes.length.toString(16).padStart(4, '0');
    expectRefusal(MetadataRequest, 1, Buffer.concat([hex('00000001', length), bytes]), /UTF-8/);
  });

  test('a replacement character that was sent as such', () => {
    const { value } = read(MetadataRequest, 1, hex('00000001 0003 efbfbd'));
    expect((value as MetadataRequest).topics![0]!.name).toBe('\ufffd');
  });
});

describe('tagged fields', () => {
  test('a hundred thousand unknown ones are skipped, and nothing of them is kept', () => {
    const count = 100_000;
    const tags = Array.from({ length: count }, (_, tag) => uvarints(tag + 100, 0));
    const { value, left } = read(
      ApiVersionsRequest,
      3,
      withTags(Buffer.concat([uvarints(count), ...tags])),
    );
    expect(left).toBe(0);
    expect(value).toEqual({
      clientSoftwareName: 'a',
      clientSoftwareVersion: 'b',
      clusterId: null,
      nodeId: -1,
    });
  });

  test('more of them than the bytes that are left can hold', () => {
    expectRefusal(ApiVersionsRequest, 3, withTags(uvarints(0xffffffff, 0, 0)), /4294967295 tagged/);
  });

  test('one twice', () => {
    expectRefusal(ApiVersionsRequest, 3, withTags(uvarints(2, 5, 0, 5, 0)), /tag 5 follows tag 5/);
  });

  test('out of order', () => {
    expectRefusal(ApiVersionsRequest, 3, withTags(uvarints(2, 6, 0, 5, 0)), /tag 5 follows tag 6/);
  });

  test('longer than the frame', () => {
    expectRefusal(ApiVersionsRequest, 3, withTags(uvarints(1, 6, 9, 0)), /tagged field of 9 bytes/);
  });

  /** A Fetch v12 request without topics, whose cluster id (tag 0) is `tags`. */
  const fetchWith = (...tags: readonly string[]): Buffer =>
    hex('ffffffff 000001f4 00000001 00100000 00 00000000 ffffffff 01 01 01', ...tags);

  test('a known one that is longer or shorter than it claims', () => {
    const { value } = read(FetchRequest, 12, fetchWith('01 00 03 03 6162'));
    expect((value as FetchRequest).clusterId).toBe('ab');
    expectRefusal(FetchRequest, 12, fetchWith('01 00 04 03 6162 00'), /another size/);
    expectRefusal(FetchRequest, 12, fetchWith('01 00 02 03 6162'), /another size/);
  });

  test('a known one twice', () => {
    const twice = fetchWith('02', '00 03 03 6162', '00 03 03 6364');
    expectRefusal(FetchRequest, 12, twice, /tag 0 follows tag 0/);
  });

  test('one of a later version is skipped as unknown', () => {
    const { value, left } = read(FetchRequest, 12, fetchWith('01 01 04 00000007'));
    expect((value as FetchRequest).replicaState).toEqual({ replicaId: -1, replicaEpoch: -1 });
    expect(left).toBe(0);
  });
});

describe('request headers', () => {
  const header = (bytes: Buffer, flexible: boolean): unknown =>
    readRequestHeader(new WireReader().reset(bytes), () => flexible);

  test.each(['', '00', '0012 0003', '0012 0003 00000007', '0012 0003 00000007 0005 6162'])(
    'cut at "%s"',
    bytes => {
      expect(() => header(hex(bytes), false)).toThrow(ProtocolError);
    },
  );

  test('a client id of length -2, or one that is no text', () => {
    expect(() => header(hex('0012 0000 00000007 fffe'), false)).toThrow(ProtocolError);
    expect(() => header(hex('0012 0000 00000007 0001 ff'), false)).toThrow(/UTF-8/);
  });

  test('a flexible header without its tagged fields', () => {
    expect(() => header(hex('0012 0003 00000007 ffff'), true)).toThrow(ProtocolError);
  });

  test('an unknown API is told before anything else is read', () => {
    const unknown = (apiKey: number): never => {
      throw new ProtocolError(`no API ${apiKey}`);
    };
    const reader = new WireReader().reset(hex('270f 0000 00000007'));
    expect(() => readRequestHeader(reader, unknown)).toThrow('no API 9999');
  });
});

describe('views', () => {
  const records = Buffer.alloc(100, 7);
  const topicData = [{ name: 'a', partitionData: [{ index: 0, records }] }];
  const bytes = written(ProduceRequest, 9, { acks: 1, timeoutMs: 1, topicData });

  test('records are a view into the frame', () => {
    const { value } = read(ProduceRequest, 9, bytes);
    const view = (value as ProduceRequest).topicData[0]!.partitionData[0]!.records!;
    expect(view.equals(records)).toBe(true);
    expect(view.buffer).toBe(bytes.buffer);
  });

  test('bytes after the request are left to the caller', () => {
    expect(read(ProduceRequest, 9, Buffer.concat([bytes, hex('010203')])).left).toBe(3);
  });

  test('a fallback cannot be changed', () => {
    const { value } = read(
      FetchRequest,
      4,
      written(FetchRequest, 4, { maxWaitMs: 0, minBytes: 0, topics: [] }),
    );
    const { forgottenTopicsData, replicaState } = value as FetchRequest;
    expect(Object.isFrozen(forgottenTopicsData)).toBe(true);
    expect(Object.isFrozen(replicaState)).toBe(true);
  });
});
