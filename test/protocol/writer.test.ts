import { describe, expect, test } from 'vitest';
import {
  ApiVersions,
  ApiVersionsResponse,
} from '../../src/adapters/transport/kafka/messages/api-versions.ts';
import { CreateTopicsRequest } from '../../src/adapters/transport/kafka/messages/create-topics.ts';
import {
  Fetch,
  FetchRequest,
  FetchResponse,
} from '../../src/adapters/transport/kafka/messages/fetch.ts';
import { MetadataRequest } from '../../src/adapters/transport/kafka/messages/metadata.ts';
import { Produce } from '../../src/adapters/transport/kafka/messages/produce.ts';
import {
  readRequestHeader,
  readResponseHeader,
  writeRequestHeader,
  writeResponseHeader,
} from '../../src/adapters/transport/kafka/wire/headers.ts';
import { WireReader } from '../../src/adapters/transport/kafka/wire/reader.ts';
import {
  int8,
  message,
  nullable,
  records,
  string,
  struct,
} from '../../src/adapters/transport/kafka/wire/schema.ts';
import { WireWriter, type Payload } from '../../src/adapters/transport/kafka/wire/writer.ts';
import { hex } from './support/bytes.ts';
import { read, written } from './support/editions.ts';

const large = Buffer.alloc(5000, 1);
const small = Buffer.alloc(100, 2);

function fetched(...payloads: readonly Payload[]): FetchResponse {
  const partitions = payloads.map((records, partitionIndex) => ({
    partitionIndex,
    errorCode: 0,
    highWatermark: 9,
    abortedTransactions: null,
    records,
  }));
  return { responses: [{ topic: 'orders', partitions }] };
}

function writeFrame(writer: WireWriter, correlationId: number, response: FetchResponse): number {
  writer.beginFrame();
  writeResponseHeader(writer, Fetch, { apiVersion: 12, correlationId });
  FetchResponse.at(12).write(writer, response);
  return writer.endFrame();
}

/** The frames in what a writer gave, each with its correlation id and the records it holds. */
function framesOf(pieces: readonly Buffer[]): unknown[] {
  const bytes = Buffer.concat(pieces);
  const reader = new WireReader();
  const frames: unknown[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readInt32BE(at);
    reader.reset(bytes, at + 4, end);
    const correlationId = readResponseHeader(reader, Fetch, 12);
    const { responses } = FetchResponse.at(12).read(reader);
    frames.push([correlationId, ...responses[0]!.partitions.map(({ records }) => records)]);
    expect(reader.remaining).toBe(0);
    at = end;
  }
  return frames;
}

describe('frames', () => {
  test('several in one go, payloads in their places', () => {
    const writer = new WireWriter();
    const sizes = [
      writeFrame(writer, 1, fetched(large)),
      writeFrame(writer, 2, fetched(small)),
      writeFrame(writer, 3, fetched(small, large, null, large)),
    ];
    const size = writer.size;
    const pieces = writer.take();
    expect(size).toBe(Buffer.concat(pieces).length);
    expect(size).toBe(sizes.reduce((sum, frame) => sum + 4 + frame, 0));
    expect(framesOf(pieces)).toEqual([
      [1, large],
      [2, small],
      [3, small, large, null, large],
    ]);
    expect(writer.size).toBe(0);
    expect(writer.take()).toEqual([]);
  });

  test('large payloads leave by reference, small ones are copied', () => {
    const writer = new WireWriter();
    writeFrame(writer, 1, fetched(large));
    writeFrame(writer, 2, fetched(small));
    const pieces = writer.take();
    expect(pieces).toHaveLength(3);
    expect(pieces[1]).toBe(large);
  });

  test('records may be several views that follow one another', () => {
    const writer = new WireWriter();
    writeFrame(writer, 1, fetched([small, large, small, large], []));
    const all = Buffer.concat([small, large, small, large]);
    expect(framesOf(writer.take())).toEqual([[1, all, Buffer.alloc(0)]]);
  });

  test('what was taken is never written to again', () => {
    const writer = new WireWriter();
    writeFrame(writer, 1, fetched(small));
    const first = writer.take();
    const before = Buffer.from(Buffer.concat(first));
    for (let i = 0; i < 100; i++) {
      writeFrame(writer, i, fetched(Buffer.alloc(1000, 9)));
      if (i % 7 === 0) writer.take();
    }
    expect(Buffer.concat(first).equals(before)).toBe(true);
  });

  test('a frame given up half-way leaves those before it whole', () => {
    const writer = new WireWriter();
    writeFrame(writer, 1, fetched(large));
    const { size } = writer;
    writer.beginFrame();
    expect(() => FetchResponse.at(4).write(writer, { ...fetched(large), sessionId: 7 })).toThrow();
    FetchResponse.at(12).write(writer, fetched(large));
    writer.abandonFrame();
    expect(writer.size).toBe(size);
    writeFrame(writer, 3, fetched(small));
    expect(framesOf(writer.take())).toEqual([
      [1, large],
      [3, small],
    ]);
  });

  test('a frame given up within a tagged field does not stop payloads from leaving by reference', () => {
    const writer = new WireWriter();
    writer.beginFrame();
    writer.beginTag(0);
    writer.abandonFrame();
    writeFrame(writer, 1, fetched(large));
    expect(writer.take()).toContain(large);
  });

  test('are opened and closed in turn', () => {
    const writer = new WireWriter();
    expect(() => writer.endFrame()).toThrow('no frame is open');
    writer.beginFrame();
    expect(() => writer.beginFrame()).toThrow('open already');
    expect(() => writer.take()).toThrow('still open');
  });
});

describe('values a version cannot carry', () => {
  test('are refused', () => {
    const response = { responses: [], sessionId: 7 };
    expect(() => written(FetchResponse, 6, response)).toThrow('sessionId is not in version 6');
    expect(written(FetchResponse, 7, response).length).toBeGreaterThan(0);
  });

  test('are no loss when they are the default, told or not', () => {
    const request = { maxWaitMs: 0, minBytes: 0, topics: [] };
    const defaults = { replicaState: { replicaId: -1 }, forgottenTopicsData: [] };
    expect(written(FetchRequest, 4, { ...request, ...defaults })).toEqual(
      written(FetchRequest, 4, request),
    );
  });

  test('are refused within structs and arrays', () => {
    const request = { maxWaitMs: 0, minBytes: 0, topics: [] };
    expect(() =>
      written(FetchRequest, 4, { ...request, replicaState: { replicaEpoch: 5 } }),
    ).toThrow();
    const partitions = [1];
    expect(() =>
      written(FetchRequest, 4, { ...request, forgottenTopicsData: [{ partitions }] }),
    ).toThrow();
  });

  test('are lost in silence where the field is ignorable', () => {
    const request = { maxWaitMs: 0, minBytes: 0, topics: [] };
    expect(written(FetchRequest, 4, { ...request, rackId: 'r1' })).toEqual(
      written(FetchRequest, 4, request),
    );
  });

  test('null before the version that allows it', () => {
    expect(() => written(MetadataRequest, 0, { topics: null })).toThrow(
      'topics cannot be null in version 0',
    );
    expect(written(MetadataRequest, 1, { topics: null })).toEqual(hex('ffffffff'));
  });

  test('a version that is not served has no codec', () => {
    expect(() => FetchRequest.at(3)).toThrow('FetchRequest has no version 3');
    expect(() => FetchRequest.at(19)).toThrow(RangeError);
  });
});

describe('tagged fields', () => {
  test('leave only when they differ from their defaults', () => {
    const base = { errorCode: 0, apiKeys: [] };
    expect(written(ApiVersionsResponse, 3, { ...base, supportedFeatures: [] })).toEqual(
      hex('0000 01 00000000 00'),
    );
    expect(
      written(ApiVersionsResponse, 3, {
        ...base,
        finalizedFeaturesEpoch: 2,
        zkMigrationReady: true,
      }),
    ).toEqual(hex('0000 01 00000000', '02', '01 08 0000000000000002', '03 01 01'));
  });

  test('move up for a size of two bytes', () => {
    const name = 'n'.repeat(126);
    const response = {
      errorCode: 0,
      apiKeys: [],
      finalizedFeatures: [{ name, maxVersionLevel: 1, minVersionLevel: 2 }],
    };
    const bytes = written(ApiVersionsResponse, 3, response);
    expect(bytes.subarray(7, 11)).toEqual(hex('01 02 8501'));
    expect(read(ApiVersionsResponse, 3, bytes)).toMatchObject({ value: response, left: 0 });
  });
});

describe('what no message of Kafka has yet', () => {
  test('a large payload in a tagged field', () => {
    const Tagged = message('Tagged', '0-0', 0, {
      id: int8,
      payload: records.tagged(0),
      note: string.tagged(1),
    });
    const value = { id: 1, payload: large, note: 'n' };
    expect(read(Tagged, 0, written(Tagged, 0, value))).toEqual({ value, left: 0 });
  });

  test('tags in another order than the fields', () => {
    const Tagged = message('Tagged', '0-0', 0, { late: int8.tagged(1), early: int8.tagged(0) });
    expect(written(Tagged, 0, { late: 5, early: 6 })).toEqual(hex('02', '00 01 06', '01 01 05'));
  });

  test('a tagged struct that may be null', () => {
    const Tagged = message('Tagged', '0-0', 0, {
      cursor: nullable(struct({ at: int8.default(-1) }))
        .default(null)
        .tagged(0),
      origin: nullable(struct({ at: int8.default(-1) })).tagged(1),
    });
    expect(written(Tagged, 0, {})).toEqual(hex('00'));
    expect(written(Tagged, 0, { cursor: null, origin: { at: -1 } })).toEqual(hex('00'));
    const value = { cursor: { at: 3 }, origin: null };
    expect(read(Tagged, 0, written(Tagged, 0, value))).toEqual({ value, left: 0 });
  });
});

describe('mistakes of a caller', () => {
  const writer = new WireWriter();
  test.each([2 ** 53, -(2 ** 53), 1.5, NaN, Infinity])('int64 %d', value => {
    expect(() => writer.int64(value)).toThrow(RangeError);
  });

  test.each(['', 'AAAA', '00000000-0000-0000-0000-000000000000', '!!!!!!!!!!!!!!!!!!!!!!'])(
    'uuid "%s"',
    value => {
      expect(() => writer.uuid(value)).toThrow(TypeError);
    },
  );

  test('a string of more than 32767 bytes', () => {
    expect(() => writer.string('é'.repeat(16384))).toThrow(RangeError);
    expect(() => writer.compactString('é'.repeat(16384))).toThrow(RangeError);
  });
});

describe('int64', () => {
  test.each([
    [0, '0000000000000000'],
    [-1, 'ffffffffffffffff'],
    [2 ** 32, '0000000100000000'],
    [-(2 ** 32) - 1, 'fffffffeffffffff'],
    [2 ** 53 - 1, '001fffffffffffff'],
    [-(2 ** 53) + 1, 'ffe0000000000001'],
  ])('%d', (value, bytes) => {
    const writer = new WireWriter();
    writer.int64(value);
    expect(writer.take()).toEqual([hex(bytes)]);
  });

  test('saturates at both ends, where asked to', () => {
    const writer = new WireWriter();
    writer.saturatingInt64(2 ** 63);
    writer.saturatingInt64(-(2 ** 63));
    writer.saturatingInt64(2 ** 53 - 2);
    const bytes = Buffer.concat(writer.take());
    expect(bytes).toEqual(hex('7fffffffffffffff', '8000000000000000', '001ffffffffffffe'));
    const reader = new WireReader().reset(bytes);
    const values = [1, 2, 3].map(() => reader.saturatingInt64());
    expect(values).toEqual([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 53 - 2]);
  });
});

describe('headers', () => {
  const header = { apiVersion: 9, correlationId: 7, clientId: 'größe' };

  test('of requests come back, the client id never compact', () => {
    for (const apiVersion of [8, 9]) {
      const writer = new WireWriter();
      writeRequestHeader(writer, Produce, { ...header, apiVersion });
      const bytes = Buffer.concat(writer.take());
      expect(bytes.length).toBe(apiVersion === 9 ? 18 : 17);
      const reader = new WireReader().reset(bytes);
      const isFlexible = (_: number, version: number): boolean => version >= 9;
      expect(readRequestHeader(reader, isFlexible)).toEqual({ ...header, apiVersion, apiKey: 0 });
      expect(reader.remaining).toBe(0);
    }
  });

  test('of responses have tagged fields in flexible versions, but never those of ApiVersions', () => {
    const sizes = [
      { api: Produce, apiVersion: 8, bytes: 4 },
      { api: Produce, apiVersion: 9, bytes: 5 },
      { api: ApiVersions, apiVersion: 2, bytes: 4 },
      { api: ApiVersions, apiVersion: 3, bytes: 4 },
    ];
    for (const { api, apiVersion, bytes } of sizes) {
      const writer = new WireWriter();
      writeResponseHeader(writer, api, { apiVersion, correlationId: 7 });
      expect(writer.size).toBe(bytes);
      const reader = new WireReader().reset(Buffer.concat(writer.take()));
      expect(readResponseHeader(reader, api, apiVersion)).toBe(7);
    }
  });

  test('a compiled codec names itself in stack traces', () => {
    const broken = { topics: [{}], timeoutMs: 1 };
    let stack: string | undefined;
    try {
      written(CreateTopicsRequest, 5, broken);
    } catch (error) {
      stack = (error as Error).stack;
    }
    expect(stack).toContain('kafka:CreateTopicsRequest.v5.write');
  });
});
