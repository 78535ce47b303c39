import { describe, expect, test } from 'vitest';
import { Crc32c } from '../../../../src/adapters/runtime/crc32c.ts';
import { Sha256 } from '../../../../src/adapters/runtime/sha256.ts';
import { buildBatch, type BatchFields } from '../../../../src/domain/model/log/batch-builder.ts';
import {
  batchOfRemains,
  emptied,
  remainsOf,
} from '../../../../src/domain/model/log/compaction/compacted-batch.ts';
import { indexKeys, isCompactable } from '../../../../src/domain/model/log/compaction/key-index.ts';
import { OffsetMap } from '../../../../src/domain/model/log/compaction/offset-map.ts';
import {
  survivorsOf,
  type Survivors,
} from '../../../../src/domain/model/log/compaction/survivors.ts';
import type { RecordBatch } from '../../../../src/domain/model/log/record-batch.ts';
import { recordsIn } from '../../../../src/domain/model/log/records.ts';
import { textTable } from '../../../support/text-table.ts';

const CRC = new Crc32c();
const SHA256 = new Sha256();
const crc32c = (bytes: Buffer): number => CRC.crc32c(bytes);
const FIRST = 1000;

/** `a=1 b= c` is a with a value, the tombstone of b, and a record without a key; the first has the timestamp 1000, each next one ten more. */
function batchOf(text: string, fields: BatchFields = {}): RecordBatch {
  const records = text.split(' ').map((word, at) => {
    const [key, value] = word.split('=');
    const timestamp = FIRST + at * 10;
    const headers = [{ key: 'nth', value: Buffer.from([at]) }];
    if (value === undefined) return { key: null, value: Buffer.from(word), timestamp, headers };
    return {
      key: Buffer.from(key!),
      value: value === '' ? null : Buffer.from(value),
      timestamp,
      headers,
    };
  });
  return buildBatch(records, { baseOffset: 100, leaderEpoch: 3, ...fields }, crc32c);
}

/** `a@105` is that the last record of a has the offset 105. */
function mapOf(text: string): OffsetMap {
  const map = new OffsetMap(10_000, 100, key => SHA256.digest(key));
  for (const word of text.split(' ').filter(part => part !== '')) {
    const [key, offset] = word.split('@');
    map.put(Buffer.from(key!), Number(offset));
  }
  return map;
}

function run<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function survive(batch: RecordBatch, map: OffsetMap, nowMs = 0): Survivors {
  return run(survivorsOf(batch, batch.records, { map, nowMs }));
}

/** The batch after compaction, as it was given when nothing has to change. */
function compacted(batch: RecordBatch, map: OffsetMap, horizonMs: number, nowMs = 0): RecordBatch {
  const remains = run(remainsOf(batch, survive(batch, map, nowMs), horizonMs));
  if (remains === null) return batch;
  const rebuilt = batchOfRemains(batch, remains, { codecId: 0, bytes: remains.records });
  rebuilt.setCrc(crc32c(rebuilt.checked));
  return rebuilt;
}

/** Records by offset, value, timestamp and header. */
function shown(batch: RecordBatch): string {
  return [...recordsIn(batch)]
    .map(({ offset, key, value, timestamp, headers }) => {
      const place = `${offset}/${timestamp}/${headers[0]!.value![0]}`;
      return `${String(key)}=${value === null ? '' : String(value)}@${place}`;
    })
    .join(' ');
}

describe('what survives of a batch', () => {
  const table = textTable(`
    a=1 b=2 c=3 |             | a=1@100/1000/0 b=2@101/1010/1 c=3@102/1020/2 | nothing is known of its keys
    a=1 b=2 c=3 | a@100 c@102 | a=1@100/1000/0 b=2@101/1010/1 c=3@102/1020/2 | its records are the last
    a=1 b=2 c=3 | b@500       | a=1@100/1000/0 c=3@102/1020/2                | one in the middle goes
    a=1 b=2 c=3 | a@500 c@103 | b=2@101/1010/1                               | the first and the last go
    a=1 a=2 a=3 | a@102       | a=3@102/1020/2                               | of one key the last stays
    a=1 b=2     | a@99        | a=1@100/1000/0 b=2@101/1010/1                | an older one does not count
    a=1 b=2     | a@7 b@500   | a=1@100/1000/0                               |
    x a=1 y     |             | a=1@101/1010/1                               | what has no key goes
  `);
  test.each(table)('%s with %s is %s', (records, map, expected) => {
    const batch = batchOf(records);
    const after = compacted(batch, mapOf(map), 10 ** 9);
    expect(shown(after)).toBe(expected);
    expect(after.crc).toBe(crc32c(after.checked));
    expect([after.baseOffset, after.lastOffset]).toEqual([batch.baseOffset, batch.lastOffset]);
    expect(after.leaderEpoch).toBe(3);
  });

  test('is the same batch, byte for byte, when no record goes', () => {
    const batch = batchOf('a=1 b=2');
    expect(run(remainsOf(batch, survive(batch, mapOf('a@100 b@101')), 10 ** 9))).toBeNull();
  });

  test('keeps the producer, the sequence and the kind of timestamp, and tells its highest timestamp', () => {
    const batch = batchOf('a=1 b=2 c=3', { producer: { id: 77, epoch: 4, baseSequence: 12 } });
    const after = compacted(batch, mapOf('c@500'), 10 ** 9);
    expect([after.producerId, after.producerEpoch, after.baseSequence]).toEqual([77, 4, 12]);
    expect([after.recordCount, after.lastOffsetDelta]).toEqual([2, 2]);
    expect([after.baseTimestamp, after.maxTimestamp]).toEqual([1000, 1010]);
  });

  test('keeps the time of a LogAppendTime batch', () => {
    const batch = batchOf('a=1 b=2 c=3');
    batch.stampLogAppendTime(5000);
    const after = compacted(batch, mapOf('c@500'), 10 ** 9);
    expect(after.isLogAppendTime).toBe(true);
    expect(shown(after)).toBe('a=1@100/5000/0 b=2@101/5000/1');
  });

  test('can be looked for in steps, which add up to the same', () => {
    const many = Array.from({ length: 1700 }, (_, at) => `k${at}=v`).join(' ');
    const batch = batchOf(many);
    const steps = survivorsOf(batch, batch.records, { map: mapOf('k3@5000'), nowMs: 0 });
    let pauses = 0;
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) pauses += 1;
    expect(pauses).toBe(3);
    expect(step.value.count).toBe(1699);
  });

  test('is nothing that can be trusted when a record is damaged', () => {
    const batch = batchOf('a=1 b=2');
    batch.bytes.writeInt8(0x7e, 61);
    expect(survive(batch, mapOf('')).defect).toMatch(/length/);
  });
});

describe('a tombstone', () => {
  test('gets a horizon when it is kept for the first time; timestamps stay what they were', () => {
    const batch = batchOf('a=1 b= c=3');
    const after = compacted(batch, mapOf('a@500'), 777_000);
    expect(after.deleteHorizonMs).toBe(777_000);
    expect(shown(after)).toBe('b=@101/1010/1 c=3@102/1020/2');
    expect([after.recordCount, after.maxTimestamp]).toEqual([2, 1020]);
  });

  test('gets one even when no record goes', () => {
    const after = compacted(batchOf('a=1 b='), mapOf(''), 777_000);
    expect(after.deleteHorizonMs).toBe(777_000);
    expect(shown(after)).toBe('a=1@100/1000/0 b=@101/1010/1');
  });

  test('keeps its first horizon', () => {
    const aged = compacted(batchOf('a=1 b='), mapOf(''), 777_000);
    expect(run(remainsOf(aged, survive(aged, mapOf('')), 999_000))).toBeNull();
    const later = compacted(aged, mapOf('a@500'), 999_000);
    expect(later.deleteHorizonMs).toBe(777_000);
    expect(shown(later)).toBe('b=@101/1010/1');
  });

  test.each([
    [776_999, 'a=1@100/1000/0 b=@101/1010/1'],
    [777_000, 'a=1@100/1000/0'],
  ])('at %d, with a horizon of 777000, is kept or goes', (nowMs, expected) => {
    const aged = compacted(batchOf('a=1 b='), mapOf(''), 777_000);
    expect(shown(compacted(aged, mapOf(''), 10 ** 9, nowMs))).toBe(expected);
  });

  test('of many gets its horizon in steps', () => {
    const batch = batchOf(Array.from({ length: 1700 }, (_, at) => `k${at}=`).join(' '));
    const steps = remainsOf(batch, survive(batch, mapOf('')), 777_000);
    let pauses = 0;
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) pauses += 1;
    expect(pauses).toBe(3);
    expect(step.value!.count).toBe(1700);
  });

  test('that a later record follows goes at once', () => {
    expect(shown(compacted(batchOf('a=1 b='), mapOf('b@500'), 777_000))).toBe('a=1@100/1000/0');
  });

  test('stays without a horizon where its timestamp cannot be written beside one', () => {
    const records = [{ key: Buffer.from('a'), value: null, timestamp: -(2 ** 52) }];
    const batch = buildBatch(records, {}, crc32c);
    expect(run(remainsOf(batch, survive(batch, mapOf('')), 777_000))).toBeNull();
  });
});

describe('an emptied batch', () => {
  test('keeps its place, its producer and its time', () => {
    const batch = batchOf('a=1 b=2 c=3', { producer: { id: 77, epoch: 4, baseSequence: 12 } });
    const empty = emptied(batch);
    expect([empty.sizeInBytes, empty.recordCount, empty.compression]).toEqual([61, 0, 0]);
    expect([empty.baseOffset, empty.lastOffset]).toEqual([100, 102]);
    expect([empty.producerId, empty.producerEpoch, empty.baseSequence]).toEqual([77, 4, 12]);
    expect([empty.leaderEpoch, empty.baseTimestamp, empty.maxTimestamp]).toEqual([3, -1, 1020]);
    expect(empty.hasDeleteHorizon).toBe(false);
    expect([...recordsIn(empty)]).toEqual([]);
  });
});

describe('the index of keys', () => {
  test('notes the last offset of each key of a batch', () => {
    const batch = batchOf('a=1 b=2 a= x');
    const map = mapOf('');
    expect(run(indexKeys(batch, batch.records, map))).toEqual({ full: false, defect: null });
    expect([map.get(Buffer.from('a')), map.get(Buffer.from('b')), map.size]).toEqual([102, 101, 2]);
  });

  test('says when the map is full, and when a record is damaged', () => {
    const batch = batchOf('a=1 b=2 c=3 d=4');
    const small = new OffsetMap(0, 1, key => SHA256.digest(key));
    expect(run(indexKeys(batch, batch.records, small)).full).toBe(true);
    batch.bytes.writeInt8(0x7e, 61);
    expect(run(indexKeys(batch, batch.records, mapOf(''))).defect).toMatch(/length/);
  });

  test('leaves alone what is transactional', () => {
    expect(isCompactable(batchOf('a=1'))).toBe(true);
    expect(isCompactable(batchOf('a=1', { transactional: true }))).toBe(false);
    expect(isCompactable(batchOf('a=1', { control: true, transactional: true }))).toBe(false);
  });
});
