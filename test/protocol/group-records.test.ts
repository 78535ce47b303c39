import { describe, expect, test } from 'vitest';
import {
  KafkaGroupRecords,
  RECORD_TYPES,
} from '../../src/adapters/transport/kafka/records/kafka-group-records.ts';
import type { GroupEvent } from '../../src/domain/model/group/group-events.ts';
import { StorageError } from '../../src/ports/log-storage.ts';
import { definitionOf } from './support/definitions.ts';
import { goldenRecords, olderRecords } from './support/golden-group-records.ts';
import { Oracle } from './support/oracle.ts';
import { randomValue, shown } from './support/random-value.ts';
import { SeededRandom, seedOf } from './support/seeded-random.ts';

const VALUES_PER_VERSION = 50;
const records = new KafkaGroupRecords();
const random = new SeededRandom(seedOf('records of groups'));

function refused(key: Buffer, value: Buffer | null): unknown {
  try {
    return records.decode(key, value);
  } catch (error) {
    return error;
  }
}

/** The order of these means nothing: Kafka writes them sorted. */
function sorted(event: GroupEvent): GroupEvent {
  if (event.type === 'consumer-regex-stored') {
    return { ...event, topics: event.topics.toSorted() };
  }
  if (event.type !== 'consumer-member-stored') return event;
  return { ...event, subscribedTopics: event.subscribedTopics.toSorted() };
}

describe("Kafka's own bytes", () => {
  test.each(goldenRecords)('$what', ({ key, value, event }) => {
    const written = records.encode(event);
    expect(written.key.toString('hex')).toBe(key.toString('hex'));
    expect(written.value?.toString('hex')).toBe(value?.toString('hex'));
    expect(records.decode(key, value)).toEqual(event);
  });

  test.each(olderRecords)('are read in older versions: $what', ({ key, value, event }) => {
    expect(records.decode(key, value)).toEqual(event);
  });

  test('every type but the legacy one is among them, with a value and as a tombstone', () => {
    const seen = new Set(goldenRecords.map(({ event }) => event.type));
    for (const { id, stored, deleted } of RECORD_TYPES) {
      expect([seen.has(stored), seen.has(deleted)], `type ${id}`).toEqual([true, true]);
    }
  });

  test('a member of a state that a newer version made up is in an unknown state', () => {
    const { key, value } = goldenRecords.find(({ what }) => what.startsWith('what a member has'))!;
    const future = Buffer.from(value!);
    future[10] = 3;
    expect(records.decode(key, future)).toMatchObject({ state: 'unknown' });
    const event = records.decode(key, future)!;
    expect(records.encode(event).value![10]).toBe(127);
  });

  test('topics are written in order', () => {
    const event: GroupEvent = {
      type: 'consumer-regex-stored',
      groupId: 'g',
      regex: '.*',
      topics: ['b', 'a'],
      version: 0,
      timestampMs: 0,
    };
    expect(records.decode(...keyAndValue(event))).toMatchObject({ topics: ['a', 'b'] });
    expect(event.topics).toEqual(['b', 'a']);
  });
});

function keyAndValue(event: GroupEvent): [Buffer, Buffer | null] {
  const { key, value } = records.encode(event);
  return [key, value];
}

describe('foreign and damaged records', () => {
  test.each([9, 10, 15, 17, 23, 0x7fff, -1])('of type %d are skipped', type => {
    const key = Buffer.alloc(20);
    key.writeInt16BE(type);
    expect(records.decode(key, Buffer.alloc(3))).toBeNull();
    expect(records.decode(key, null)).toBeNull();
  });

  test('of a version nobody knows are refused, as in Kafka', () => {
    const { key, value } = goldenRecords[0]!;
    const newer = Buffer.from(value!);
    newer[1] = 5;
    expect(refused(key, newer)).toMatchObject({
      name: 'StorageError',
      code: 'corrupt',
      message: expect.stringContaining('OffsetCommitValue has no version 5') as string,
    });
  });

  test.each(goldenRecords)('cut anywhere are refused: $what', ({ key, value }) => {
    for (let length = 0; length < key.length; length++) {
      expect(refused(key.subarray(0, length), value), `key of ${length}`).toBeInstanceOf(
        StorageError,
      );
    }
    for (let length = 0; length < (value?.length ?? 0); length++) {
      const cut = refused(key, value!.subarray(0, length));
      expect(cut, `value of ${length}`).toBeInstanceOf(StorageError);
    }
  });

  test('leave nothing behind', () => {
    const { key, value, event } = goldenRecords[0]!;
    const tooLong = { ...event, metadata: 'x'.repeat(40_000) } as GroupEvent;
    expect(() => records.encode(tooLong)).toThrow(RangeError);
    expect(records.encode(event)).toEqual({ key, value });
  });
});

describe('memory', () => {
  const group = goldenRecords.find(({ event }) => event.type === 'classic-group-stored')!;
  const member = goldenRecords.find(({ event }) => event.type === 'consumer-member-stored')!;

  test.each([group, member])('what is decoded outlives the bytes: $what', golden => {
    const value = Buffer.from(golden.value!);
    const event = records.decode(golden.key, value);
    value.fill(0xff);
    expect(event).toEqual(golden.event);
  });

  test('a large assignment is written whole', () => {
    const { event } = group as { event: Extract<GroupEvent, { type: 'classic-group-stored' }> };
    const members = event.members.map(one => ({ ...one, assignment: Buffer.alloc(100_000, 7) }));
    const large = { ...event, members };
    expect(records.decode(...keyAndValue(large))).toEqual(large);
  });

  test('more partitions than a request may have objects are read again', () => {
    const partitions = Array.from({ length: 1_000_001 }, (_, i) => i);
    const event: GroupEvent = {
      type: 'consumer-target-assignment-stored',
      groupId: 'g',
      memberId: 'm',
      topics: [{ topicId: 'AAECAwQFBgcICQoLDA0ODw', partitions }],
    };
    const back = records.decode(...keyAndValue(event)) as typeof event;
    expect(back.topics[0]!.partitions.length).toBe(1_000_001);
  });
});

describe('any record', () => {
  test.each(RECORD_TYPES)('of type $id is an event and a record again', ({ id, key, value }) => {
    const keyDefinition = definitionOf(key.name);
    const valueDefinition = definitionOf(value.name);
    for (let version = value.minVersion; version <= value.maxVersion; version++) {
      for (let i = 0; i < VALUES_PER_VERSION; i++) {
        const prefixed = (number: number, bytes: Buffer): Buffer => {
          const prefix = Buffer.alloc(2);
          prefix.writeInt16BE(number);
          return Buffer.concat([prefix, bytes]);
        };
        const keyValue = randomValue(random, keyDefinition.fields, 0);
        const valueValue = randomValue(random, valueDefinition.fields, version);
        const event = records.decode(
          prefixed(id, new Oracle(keyDefinition, 0).encode(keyValue)),
          prefixed(version, new Oracle(valueDefinition, version).encode(valueValue)),
        )!;
        const what = `v${version} of ${shown([keyValue, valueValue])}`;
        expect(records.decode(...keyAndValue(event)), what).toEqual(sorted(event));
      }
    }
  });
});
