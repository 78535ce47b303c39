import { crc32c } from '@node-rs/crc32';
import { describe, expect, it } from 'vitest';
import {
  buildBatch,
  encodeRecords,
  frameBatch,
  type BatchFields,
  type RecordToWrite,
} from '../../../src/domain/model/log/batch-builder.ts';
import {
  BatchValidator,
  isDefect,
  soleBatch,
  type BatchDefect,
  type BatchRules,
} from '../../../src/domain/model/log/batch-validation.ts';
import { RecordBatch, putInt64 } from '../../../src/domain/model/log/record-batch.ts';

const crc = (bytes: Buffer): number => crc32c(bytes);
const NOW = 1_700_000_000_000;
const RULES: BatchRules = {
  maxMessageBytes: 10_000,
  segmentBytes: 100_000,
  zstdAllowed: true,
  compacted: false,
  timestampType: 'CreateTime',
  timestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  timestampAfterMaxMs: 3_600_000,
  now: NOW,
};
const PRODUCER = { id: 5, epoch: 0, baseSequence: 0 };

function recordsOf(count: number): RecordToWrite[] {
  return Array.from({ length: count }, (_, i) => {
    return { key: Buffer.from(`k${i}`), value: Buffer.from('value'), timestamp: NOW + i };
  });
}

function batchOf(fields: BatchFields = {}): RecordBatch {
  return buildBatch(recordsOf(3), fields, crc);
}

/** A batch with bytes changed and its CRC made right again. */
function patched(change: (bytes: Buffer) => void, fields: BatchFields = {}): Buffer {
  const batch = batchOf(fields);
  change(batch.bytes);
  batch.setCrc(crc32c(batch.checked));
  return batch.bytes;
}

/** A batch with a right length and CRC, which ends before its header does. */
function sixtyBytes(): Buffer {
  const batch = new RecordBatch(Buffer.from(batchOf().bytes.subarray(0, 60)));
  batch.bytes.writeInt32BE(60 - 12, 8);
  batch.setCrc(crc32c(batch.checked));
  return batch.bytes;
}

/** All that Produce does to a partition's bytes before it appends them. */
function judge(bytes: Buffer, rules: Partial<BatchRules> = {}): BatchDefect | null {
  const all = { ...RULES, ...rules };
  const batch = soleBatch(bytes, all);
  if (isDefect(batch)) return batch;
  const validator = new BatchValidator(crc);
  return validator.checkHeader(batch, all) ?? validator.checkRecords(batch, all);
}

describe('a good batch', () => {
  it.each([
    ['plain', {}],
    ['of an idempotent producer', { producer: PRODUCER }],
    ['of a transactional producer', { producer: PRODUCER, transactional: true }],
  ])('%s is taken', (_name, fields) => {
    expect(judge(batchOf(fields).bytes)).toBeNull();
  });

  it('is a view of the very bytes that came', () => {
    const { bytes } = batchOf();
    const batch = soleBatch(bytes, RULES);
    expect(isDefect(batch) ? null : batch.bytes.buffer).toBe(bytes.buffer);
  });
});

describe('rows 25 to 35: what a batch may not be', () => {
  const two = Buffer.concat([batchOf().bytes, batchOf().bytes]);
  const { bytes } = batchOf();
  it.each<[string, Buffer, string]>([
    ['none at all', Buffer.alloc(0), 'INVALID_RECORD'],
    ['11 bytes', bytes.subarray(0, 11), 'INVALID_RECORD'],
    ['cut after its magic', bytes.subarray(0, 30), 'INVALID_RECORD'],
    ['cut by one byte', bytes.subarray(0, -1), 'INVALID_RECORD'],
    ['of negative length', patched(b => b.writeInt32BE(-1, 8)), 'CORRUPT_MESSAGE'],
    ['of length 13', patched(b => b.writeInt32BE(13, 8)), 'CORRUPT_MESSAGE'],
    ['of 60 bytes', sixtyBytes(), 'CORRUPT_MESSAGE'],
    [
      'of length 13, cut off',
      patched(b => b.writeInt32BE(13, 8)).subarray(0, 20),
      'CORRUPT_MESSAGE',
    ],
    [
      'of a length beyond the buffer',
      patched(b => b.writeInt32BE(0x7fff_ffff, 8)),
      'INVALID_RECORD',
    ],
    ['of magic 0', patched(b => b.writeInt8(0, 16)), 'INVALID_RECORD'],
    ['of magic 1', patched(b => b.writeInt8(1, 16)), 'INVALID_RECORD'],
    ['of magic 3', patched(b => b.writeInt8(3, 16)), 'CORRUPT_MESSAGE'],
    ['of magic -1', patched(b => b.writeInt8(-1, 16)), 'CORRUPT_MESSAGE'],
    ['two of them', two, 'INVALID_RECORD'],
    ['followed by part of another', two.subarray(0, -1), 'INVALID_RECORD'],
    ['of a base offset', batchOf({ baseOffset: 1 }).bytes, 'INVALID_RECORD'],
    ['of compression 5', patched(b => b.writeInt16BE(5, 21)), 'UNSUPPORTED_COMPRESSION_TYPE'],
    ['of compression 7', patched(b => b.writeInt16BE(7, 21)), 'UNSUPPORTED_COMPRESSION_TYPE'],
    ['with too small a last offset delta', patched(b => b.writeInt32BE(1, 23)), 'INVALID_RECORD'],
    ['with a negative last offset delta', patched(b => b.writeInt32BE(-1, 23)), 'INVALID_RECORD'],
    ['with record count 0', patched(b => b.writeInt32BE(0, 57)), 'INVALID_RECORD'],
    ['with a negative record count', patched(b => b.writeInt32BE(-3, 57)), 'INVALID_RECORD'],
    ['with too many records declared', patched(b => b.writeInt32BE(4, 57)), 'INVALID_RECORD'],
    ['of control records', batchOf({ control: true }).bytes, 'INVALID_RECORD'],
    ['transactional without a producer', batchOf({ transactional: true }).bytes, 'INVALID_RECORD'],
    ['of LogAppendTime', patched(b => b.writeInt16BE(8, 21)), 'INVALID_TIMESTAMP'],
    [
      'of an inexact base timestamp',
      patched(b => b.writeInt32BE(0x4000_0000, 27)),
      'INVALID_TIMESTAMP',
    ],
  ])('one %s', (_name, bad, error) => {
    expect(judge(bad)?.error).toBe(error);
  });

  it.each([
    ['no sequence', { ...PRODUCER, baseSequence: -1 }],
    ['a negative sequence', { ...PRODUCER, baseSequence: -7 }],
    ['no epoch', { ...PRODUCER, epoch: -1 }],
  ])('a producer with %s', (_name, producer) => {
    expect(judge(batchOf({ producer }).bytes)?.error).toBe('INVALID_RECORD');
  });

  it('a producer id that no number holds exactly', () => {
    const bad = patched(b => b.writeInt32BE(0x4000_0000, 43), { producer: PRODUCER });
    expect(judge(bad)?.error).toBe('INVALID_RECORD');
  });

  it('any bit changed after the CRC was made is noticed', () => {
    for (let at = 21; at < bytes.length; at++) {
      const bad = Buffer.from(bytes);
      bad[at]! ^= 0x80;
      expect([at, judge(bad)?.error]).toEqual([at, 'CORRUPT_MESSAGE']);
    }
  });

  it('zstd needs Produce 7', () => {
    const payload = { codec: 'zstd', bytes: Buffer.from('packed') } as const;
    const zstd = frameBatch(recordsOf(1), payload, {}, crc);
    expect(judge(zstd.bytes, { zstdAllowed: false })?.error).toBe('UNSUPPORTED_COMPRESSION_TYPE');
    expect(isDefect(soleBatch(zstd.bytes, RULES))).toBe(false);
  });

  it('sizes are compared exactly', () => {
    const size = bytes.length;
    expect(judge(bytes, { maxMessageBytes: size, segmentBytes: size })).toBeNull();
    expect(judge(bytes, { maxMessageBytes: size - 1 })?.error).toBe('MESSAGE_TOO_LARGE');
    expect(judge(bytes, { segmentBytes: size - 1 })?.error).toBe('RECORD_LIST_TOO_LARGE');
  });

  it('is judged in the order of Kafka: size, CRC, counts', () => {
    const bad = Buffer.from(bytes);
    bad.writeInt32BE(9, 57);
    expect(judge(bad, { maxMessageBytes: 5 })?.error).toBe('MESSAGE_TOO_LARGE');
    expect(judge(bad)?.error).toBe('CORRUPT_MESSAGE');
  });
});

describe('records', () => {
  it('are judged in an inflated payload as in a plain one', () => {
    const payload = { codec: 'gzip', bytes: Buffer.from('packed') } as const;
    const batch = frameBatch(recordsOf(3), payload, {}, crc);
    const validator = new BatchValidator(crc);
    expect(validator.checkHeader(batch, RULES)).toBeNull();
    expect(validator.checkRecords(batch, RULES, encodeRecords(recordsOf(3)))).toBeNull();
    const one = validator.checkRecords(batch, RULES, encodeRecords(recordsOf(2)));
    expect(one?.error).toBe('INVALID_RECORD');
    const four = validator.checkRecords(batch, RULES, encodeRecords(recordsOf(4)));
    expect(four?.error).toBe('INVALID_RECORD');
    expect(() => validator.checkRecords(batch, RULES)).toThrow(/inflated/);
  });

  it('with offsets out of order are refused', () => {
    // The second record's offset delta follows its length, attributes and one byte of timestamp delta.
    const first = encodeRecords(recordsOf(1)).length;
    const bad = patched(b => b.writeInt8(4, 61 + first + 3));
    expect(judge(bad)).toMatchObject({
      error: 'INVALID_RECORD',
      message: 'record 1 has offset delta 2',
    });
  });

  it('with a length beyond the batch are refused', () => {
    expect(judge(patched(b => b.writeInt8(0x7e, 61)))?.error).toBe('INVALID_RECORD');
  });

  it('without a key are refused by a compacted topic, each by its place', () => {
    const records = [...recordsOf(1), { key: null, value: null, timestamp: NOW }, ...recordsOf(1)];
    const { bytes } = buildBatch(records, {}, crc);
    expect(judge(bytes)).toBeNull();
    expect(judge(bytes, { compacted: true })).toMatchObject({
      error: 'INVALID_RECORD',
      recordErrors: [{ batchIndex: 1 }],
    });
  });

  it('an empty key is a key', () => {
    const { bytes } = buildBatch([{ key: Buffer.alloc(0), value: null }], {}, crc);
    expect(judge(bytes, { compacted: true })).toBeNull();
  });

  it('one bad timestamp among missing keys names the answer', () => {
    const records = [
      { key: null, value: null, timestamp: NOW },
      { key: Buffer.from('k'), value: null, timestamp: NOW + 4_000_000 },
    ];
    const defect = judge(buildBatch(records, {}, crc).bytes, { compacted: true });
    expect(defect?.error).toBe('INVALID_TIMESTAMP');
    expect(defect?.recordErrors.map(r => r.batchIndex)).toEqual([0, 1]);
  });

  it('names a hundred bad records at most', () => {
    const records = Array.from({ length: 300 }, () => ({ key: null, value: null }));
    const defect = judge(buildBatch(records, {}, crc).bytes, { compacted: true });
    expect(defect?.recordErrors.length).toBe(100);
    expect(defect?.message).toContain('300');
  });
});

describe('timestamps', () => {
  const at = (timestamp: number): Buffer => {
    return buildBatch([{ key: null, value: null, timestamp }], {}, crc).bytes;
  };
  const limits = { timestampBeforeMaxMs: 1000, timestampAfterMaxMs: 50 };

  it.each([
    [NOW + 50, null],
    [NOW + 51, 'INVALID_TIMESTAMP'],
    [NOW - 1000, null],
    [NOW - 1001, 'INVALID_TIMESTAMP'],
    [-1, null], // none was set
    [-2, 'INVALID_TIMESTAMP'],
  ])('%d within 1000 before and 50 after: %s', (timestamp, error) => {
    expect(judge(at(timestamp), limits)?.error ?? null).toBe(error);
  });

  it('are of no account in a topic of LogAppendTime', () => {
    expect(judge(at(NOW + 51), { ...limits, timestampType: 'LogAppendTime' })).toBeNull();
  });

  it('of a base that no number holds exactly are refused there too', () => {
    const bad = patched(b => b.writeInt32BE(0x4000_0000, 27));
    expect(judge(bad, { timestampType: 'LogAppendTime' })?.error).toBe('INVALID_TIMESTAMP');
  });

  it('a header that says a wrong maximum is mended, and its CRC too', () => {
    const batch = batchOf();
    putInt64(batch.bytes, NOW + 999, 35);
    batch.setCrc(crc32c(batch.checked));
    const validator = new BatchValidator(crc);
    expect(validator.checkRecords(batch, RULES)).toBeNull();
    validator.mend(batch, RULES);
    expect(batch.maxTimestamp).toBe(NOW + 2);
    expect(batch.crc).toBe(crc32c(batch.checked));
  });

  it('a right header is left as it is', () => {
    const batch = batchOf();
    batch.setCrc(1);
    const validator = new BatchValidator(crc);
    validator.checkRecords(batch, RULES);
    validator.mend(batch, RULES);
    expect(batch.crc).toBe(1);
  });

  it('LogAppendTime is stamped with the time of the broker', () => {
    const batch = batchOf();
    const rules = { ...RULES, timestampType: 'LogAppendTime' } as const;
    const validator = new BatchValidator(crc);
    validator.checkRecords(batch, rules);
    validator.mend(batch, rules);
    expect([batch.isLogAppendTime, batch.maxTimestamp]).toEqual([true, NOW]);
    expect(batch.crc).toBe(crc32c(batch.checked));
  });
});
