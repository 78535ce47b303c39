import { expect, test } from 'vitest';
import { KafkaGroupRecords } from '../../src/adapters/transport/kafka/records/kafka-group-records.ts';
import { bytesOf } from '../../src/domain/model/group/event-size.ts';
import type { GroupEvent } from '../../src/domain/model/group/group-events.ts';
import { goldenRecords } from './support/golden-group-records.ts';

const records = new KafkaGroupRecords();
/** Lengths, deltas and attributes of a record in a batch, at most. */
const FRAME_BYTES = 20;
/** Of one, two, three and four bytes in UTF-8. */
const LONG_TEXT = 'aéẞ😀'.repeat(500);
const MANY = 300;

/** The same event with long texts, long lists, and bytes in plenty; what has a form of its own stays as it is. */
function inflated(value: unknown, name = ''): unknown {
  if (name === 'type' || name === 'topicId' || name === 'state') return value;
  if (typeof value === 'string') return value + LONG_TEXT;
  if (Buffer.isBuffer(value)) return Buffer.alloc(1000);
  if (Array.isArray(value)) return value.flatMap(each => many(each));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value as Record<string, unknown>);
  return Object.fromEntries(fields.map(([field, each]) => [field, inflated(each, field)]));
}

function many(element: unknown): unknown[] {
  if (typeof element === 'object') return Array.from({ length: 10 }, () => inflated(element));
  const isText = typeof element === 'string';
  return Array.from({ length: MANY }, (_, at) => (isText ? `${element}${at}` : at));
}

function written(event: GroupEvent): number {
  const { key, value } = records.encode(event);
  return key.length + (value?.length ?? 0) + FRAME_BYTES;
}

test.each(goldenRecords)('the record of $what is no larger than it is taken for', ({ event }) => {
  expect(bytesOf([event])).toBeGreaterThanOrEqual(written(event));
  const large = inflated(event) as GroupEvent;
  expect(bytesOf([large])).toBeGreaterThanOrEqual(written(large));
  // Nor is it taken for much more: a group would be refused for nothing.
  const spare = 200 + 0.5 * written(large);
  expect(bytesOf([large])).toBeLessThanOrEqual(written(large) + spare);
});

test('the records of many events are those of each', () => {
  const events = goldenRecords.map(({ event }) => event);
  const sum = events.reduce((bytes, event) => bytes + bytesOf([event]), 0);
  expect(bytesOf(events)).toBe(sum);
  expect(bytesOf([])).toBe(0);
});
