import { crc32c } from '@node-rs/crc32';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildBatch,
  encodeRecords,
  frameBatch,
  type RecordToWrite,
} from '../../../src/domain/model/log/batch-builder.ts';
import { RecordBatch } from '../../../src/domain/model/log/record-batch.ts';
import {
  RecordCursor,
  firstRecordSince,
  recordsIn,
} from '../../../src/domain/model/log/records.ts';
import {
  VarintReader,
  putVarint,
  putVarlong,
  sizeOfVarint,
  sizeOfVarlong,
} from '../../../src/domain/model/log/varint.ts';

const crc = (bytes: Buffer): number => crc32c(bytes);

/**
 * What kafkajs 2.2.4 encodes for a producer 7, epoch 2, sequence 9: k1 to hello with header a to 1, no key to world 300 ms later,
 * k3 to null 5 ms before the first.
 */
const BY_KAFKAJS =
  '0000000000000000000000590000000002b5a797710000000000020000018bcfe568000000018bcfe5692c' +
  '00000000000000070002000000090000000322000000046b310a68656c6c6f02026102311800d80402010a776f726c6400' +
  '10000904046b330100';

function readerOf(bytes: Buffer): VarintReader {
  const reader = new VarintReader();
  reader.bytes = bytes;
  reader.end = bytes.length;
  return reader;
}

describe('varints', () => {
  it.each([
    [0, '00'],
    [-1, '01'],
    [1, '02'],
    [63, '7e'],
    [-64, '7f'],
    [64, '8001'],
    [-65, '8101'],
    [8191, 'fe7f'],
    [-8193, '818001'],
    [2_147_483_647, 'feffffff0f'],
    [-2_147_483_648, 'ffffffff0f'],
  ])('%d is %s, as in ByteUtilsTest', (value, hex) => {
    const bytes = Buffer.alloc(sizeOfVarint(value));
    expect(putVarint(bytes, value, 0)).toBe(bytes.length);
    expect(bytes.toString('hex')).toBe(hex);
    expect(readerOf(bytes).varint()).toBe(value);
    expect(readerOf(bytes).varlong()).toBe(value);
  });

  it('any varlong up to 2^52 comes back, and its size is foretold', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }), value => {
        const bytes = Buffer.alloc(10);
        const size = putVarlong(bytes, value, 0);
        const reader = readerOf(bytes.subarray(0, size));
        expect(reader.varlong()).toBe(value);
        expect([size, reader.at, reader.failed]).toEqual([sizeOfVarlong(value), size, false]);
      }),
    );
  });

  it.each([
    ['cut off', '80', 'varint'],
    ['nothing at all', '', 'varint'],
    ['of 6 bytes', '808080808001', 'varint'],
    ['cut off', 'ffff', 'varlong'],
    ['of 11 bytes', '8080808080808080808001', 'varlong'],
    ['the largest int64', 'feffffffffffffffff01', 'varlong'],
    ['the smallest int64', 'ffffffffffffffffff01', 'varlong'],
  ] as const)('%s (%s) fails as a %s', (_name, hex, kind) => {
    const reader = readerOf(Buffer.from(hex, 'hex'));
    reader[kind]();
    expect(reader.failed).toBe(true);
  });

  it('looks no further than its window', () => {
    const reader = readerOf(Buffer.from('8001', 'hex'));
    reader.end = 1;
    reader.varint();
    expect(reader.failed).toBe(true);
  });
});

const bytesOrNull = fc.option(fc.uint8Array({ maxLength: 300 }).map(b => Buffer.from(b)));
const anyRecord: fc.Arbitrary<RecordToWrite> = fc.record({
  key: bytesOrNull,
  value: bytesOrNull,
  timestamp: fc.integer({ min: 0, max: 2 ** 45 }),
  headers: fc.array(fc.record({ key: fc.string({ unit: 'binary' }), value: bytesOrNull }), {
    maxLength: 4,
  }),
});

describe('a built batch', () => {
  it('gives back every record', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 20 }), records => {
        const batch = buildBatch(records, { baseOffset: 70 }, crc);
        const expected = records.map((record, index) => ({ offset: 70 + index, ...record }));
        expect([...recordsIn(batch)]).toEqual(expected);
        expect(batch.crc).toBe(crc32c(batch.checked));
        expect(batch.maxTimestamp).toBe(Math.max(...records.map(r => r.timestamp ?? -1)));
      }),
    );
  });

  it('is byte for byte what another client encodes', () => {
    const base = 1_700_000_000_000;
    const records = [
      {
        key: Buffer.from('k1'),
        value: Buffer.from('hello'),
        timestamp: base,
        headers: [{ key: 'a', value: Buffer.from('1') }],
      },
      { key: null, value: Buffer.from('world'), timestamp: base + 300 },
      { key: Buffer.from('k3'), value: null, timestamp: base - 5 },
    ];
    const producer = { id: 7, epoch: 2, baseSequence: 9 };
    const batch = buildBatch(records, { leaderEpoch: 0, producer }, crc);
    expect(batch.bytes.toString('hex')).toBe(BY_KAFKAJS);
  });

  it('can hold a compressed payload, and is then read from the inflated one', () => {
    const records = [{ key: null, value: Buffer.from('v'), timestamp: 5 }];
    const payload = { codec: 'lz4', bytes: Buffer.from('packed') } as const;
    const batch = frameBatch(records, payload, { transactional: true, control: true }, crc);
    expect([batch.compression, batch.isTransactional, batch.isControl]).toEqual([3, true, true]);
    expect(batch.records.toString()).toBe('packed');
    expect([...recordsIn(batch, encodeRecords(records))]).toMatchObject([
      { offset: 0, timestamp: 5 },
    ]);
    expect(() => [...recordsIn(batch)]).toThrow(/inflated/);
  });

  it('has no timestamp when its records have none', () => {
    const batch = buildBatch([{ key: null, value: null }], {}, crc);
    expect([batch.baseTimestamp, batch.maxTimestamp]).toEqual([-1, -1]);
  });

  it('with LogAppendTime has one time for all its records', () => {
    const batch = buildBatch([{ key: null, value: null, timestamp: 5 }], {}, crc);
    batch.stampLogAppendTime(900);
    expect([...recordsIn(batch)].map(r => r.timestamp)).toEqual([900]);
    expect(firstRecordSince(batch, { timestamp: 900, offset: 0 })).toEqual({
      offset: 0,
      timestamp: 900,
    });
  });
});

describe('the first record since a time', () => {
  const records = [40, 10, 60, 50].map(timestamp => ({ key: null, value: null, timestamp }));
  const batch = buildBatch(records, { baseOffset: 100 }, crc);

  it.each([
    [0, 100],
    [40, 100],
    [41, 102],
    [60, 102],
  ])('%d is at %d', (timestamp, offset) => {
    expect(firstRecordSince(batch, { timestamp, offset: 0 })?.offset).toBe(offset);
  });

  it('is none when all are older', () => {
    expect(firstRecordSince(batch, { timestamp: 61, offset: 0 })).toBeNull();
  });
});

describe('the cursor', () => {
  const record = (body: string): Buffer => {
    const bytes = Buffer.from(body.replaceAll(' ', ''), 'hex');
    const length = Buffer.alloc(sizeOfVarint(bytes.length));
    putVarint(length, bytes.length, 0);
    return Buffer.concat([length, bytes]);
  };
  const defectOf = (bytes: Buffer, count: number): string | null => {
    const cursor = new RecordCursor().reset(bytes, 0, count);
    while (cursor.next());
    return cursor.defect;
  };
  // attributes, timestamp delta, offset delta, key length, value length, header count
  const PLAIN = record('00 00 00 01 01 00');

  it('finds nothing wrong with whole records', () => {
    expect(defectOf(Buffer.concat([PLAIN, PLAIN]), 2)).toBeNull();
  });

  it.each([
    [
      'a body beyond the batch',
      Buffer.concat([Buffer.from('0e', 'hex'), PLAIN.subarray(1)]),
      /cannot hold/,
    ],
    ['a negative length', Buffer.from('0100000101', 'hex'), /cannot hold/],
    ['a length too small for any record', Buffer.from('0a0000000101', 'hex'), /cannot hold/],
    ['a key beyond its record', record('00 00 00 7e 01 00'), /fill/],
    ['a value beyond its record', record('00 00 00 01 7e 00'), /fill/],
    ['a negative header count', record('00 00 00 01 01 01'), /-1 headers/],
    ['more headers than bytes', record('00 00 00 01 01 7e'), /63 headers/],
    ['a million headers', record('00 00 00 01 01 80897a'), /1000000 headers/],
    ['a null header key', record('00 00 00 01 01 02 01 01'), /without a key/],
    ['a header key beyond its record', record('00 00 00 01 01 02 7e 01'), /fill/],
    ['a header value beyond its record', record('00 00 00 01 01 02 00 7e'), /fill/],
    ['bytes after the last field', record('00 00 00 01 01 00 00'), /fill/],
    ['an endless varint', record('00 ffffffffffffffffffffff 00 01 01 00'), /fill|headers/],
    ['bytes after the last record', Buffer.concat([PLAIN, Buffer.from([0])]), /left/],
    ['fewer records than declared', Buffer.alloc(0), /cannot hold/],
  ])('sees %s', (_name, bytes, defect) => {
    expect(defectOf(bytes, 1)).toMatch(defect);
  });

  it('never looks beyond the bytes, wherever they are cut', () => {
    const whole = new RecordBatch(Buffer.from(BY_KAFKAJS, 'hex')).records;
    for (let length = 0; length < whole.length; length++) {
      expect([length, defectOf(whole.subarray(0, length), 3)]).not.toEqual([length, null]);
    }
    expect(defectOf(whole, 3)).toBeNull();
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 9 }), (bytes, count) => {
        const cursor = new RecordCursor().reset(Buffer.from(bytes), 0, count);
        let seen = 0;
        while (cursor.next()) seen += 1;
        expect(cursor.defect !== null || seen === count).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
