import { describe, expect, test } from 'vitest';
import { CreateTopics } from '../../../../src/adapters/transport/kafka/messages/create-topics.ts';
import {
  Fetch,
  type FetchRequest,
} from '../../../../src/adapters/transport/kafka/messages/fetch.ts';
import { ListOffsets } from '../../../../src/adapters/transport/kafka/messages/list-offsets.ts';
import { Metadata } from '../../../../src/adapters/transport/kafka/messages/metadata.ts';
import { batch, valuesIn } from '../../../support/broker-core.ts';
import { encodeRequest, RawClient } from '../../../support/raw-client.ts';
import { hostileClient, type HostileClient } from '../../../support/hostile-client.ts';

/** Fetch, ListOffsets and topics: rows 24, 44 to 46 and 48 of the table of bad inputs, with Kafka's code for each. */

const OFFSET_OUT_OF_RANGE = 1;
const UNKNOWN_TOPIC_OR_PARTITION = 3;
const INVALID_TOPIC_EXCEPTION = 17;
const TOPIC_AUTHORIZATION_FAILED = 29;
const UNSUPPORTED_VERSION = 35;
const TOPIC_ALREADY_EXISTS = 36;
const INVALID_PARTITIONS = 37;
const INVALID_REPLICATION_FACTOR = 38;
const INVALID_REPLICA_ASSIGNMENT = 39;
const INVALID_CONFIG = 40;
const INVALID_REQUEST = 42;
const POLICY_VIOLATION = 44;
const FETCH_SESSION_ID_NOT_FOUND = 70;
const INVALID_FETCH_SESSION_EPOCH = 71;
const FENCED_LEADER_EPOCH = 74;
const UNKNOWN_LEADER_EPOCH = 75;
const UNKNOWN_TOPIC_ID = 100;

const INT_MAX = 2 ** 31 - 1;

type Wanted = FetchRequest['topics'][number]['partitions'][number];

function fetchOf(given: Partial<Wanted> = {}, topic = 'orders') {
  const wanted = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000, ...given };
  return { maxWaitMs: 0, minBytes: 1, topics: [{ topic, partitions: [wanted] }] };
}

async function fetchError(hostile: HostileClient, given: Partial<Wanted>): Promise<number> {
  const { errorCode, responses } = await hostile.raw.ask(Fetch, 12, fetchOf(given));
  expect(errorCode).toBe(0);
  return responses[0]!.partitions[0]!.errorCode;
}

async function leaderEpochOf(hostile: HostileClient): Promise<number> {
  const { topics } = await hostile.raw.ask(Metadata, 7, { topics: [{ name: 'orders' }] });
  return topics[0]!.partitions[0]!.leaderEpoch;
}

describe('Fetch', () => {
  test.each<[string, Partial<Wanted>, number]>([
    ['before the start', { fetchOffset: -1 }, OFFSET_OUT_OF_RANGE],
    ['after the end', { fetchOffset: 3 }, OFFSET_OUT_OF_RANGE],
    ['at Long.MAX_VALUE', { fetchOffset: Number.MAX_SAFE_INTEGER }, OFFSET_OUT_OF_RANGE],
    ['at the end', { fetchOffset: 2 }, 0],
    ['of partition -1', { partition: -1 }, UNKNOWN_TOPIC_OR_PARTITION],
    ['of partition 2^31 - 1', { partition: INT_MAX }, UNKNOWN_TOPIC_OR_PARTITION],
    ['with an epoch that never was', { currentLeaderEpoch: INT_MAX }, UNKNOWN_LEADER_EPOCH],
    ['with an epoch that is over', { currentLeaderEpoch: 0 }, FENCED_LEADER_EPOCH],
    ['of a negative number of bytes', { partitionMaxBytes: -5 }, 0],
  ])('%s', async (_, given, code) => {
    await using hostile = await hostileClient();
    expect(await leaderEpochOf(hostile)).toBeGreaterThan(0);
    await hostile.produce(batch(['a', 'b']));
    expect(await fetchError(hostile, given)).toBe(code);
    await hostile.expectHealthy();
  });

  test('of an unknown topic, by name and by id', async () => {
    await using hostile = await hostileClient();
    const byName = await hostile.raw.ask(Fetch, 12, fetchOf({}, 'nowhere'));
    expect(byName.responses[0]!.partitions[0]!.errorCode).toBe(UNKNOWN_TOPIC_OR_PARTITION);
    const byId = await hostile.raw.ask(Fetch, 13, fetchOf());
    expect(byId.responses[0]!.partitions[0]!.errorCode).toBe(UNKNOWN_TOPIC_ID);
  });

  test('with min bytes and max wait of 2^31 - 1: max bytes bound both', async () => {
    await using hostile = await hostileClient();
    await hostile.produce(batch(['a']));
    const greedy = { ...fetchOf(), minBytes: INT_MAX, maxWaitMs: INT_MAX, maxBytes: 10 };
    const { responses } = await hostile.raw.ask(Fetch, 12, greedy);
    expect(valuesIn(responses[0]!.partitions[0]!.records!)).toEqual(['a']);
  });

  // One connection has one fetch that waits, so that max.connections bounds the waiters.
  test('that waits for ever: its connection goes no further, others do, and a stop ends it', async () => {
    const hostile = await hostileClient();
    using waiting = await RawClient.connect(hostile.port);
    const forever = { ...fetchOf(), minBytes: INT_MAX, maxWaitMs: INT_MAX };
    waiting.send(encodeRequest(Fetch, 12, forever, 1), encodeRequest(Metadata, 1, { topics: [] }));
    await hostile.expectHealthy();
    expect(waiting.socket.bytesRead).toBe(0);
    await hostile[Symbol.asyncDispose]();
    expect((await waiting.untilEnd()).length).toBe(2);
  });

  test.each([
    [12, { replicaId: 1 }],
    [15, { replicaState: { replicaId: 1 } }],
  ])('v%i as a follower', async (version, replica) => {
    await using hostile = await hostileClient();
    const asked = { ...fetchOf(), ...replica };
    const { responses } = await hostile.raw.ask(Fetch, version, asked);
    expect(responses[0]!.partitions[0]!.errorCode).toBe(TOPIC_AUTHORIZATION_FAILED);
  });

  test('of a session that is unknown, or at another epoch', async () => {
    await using hostile = await hostileClient();
    const ask = (sessionId: number, sessionEpoch: number) =>
      hostile.raw.ask(Fetch, 12, { ...fetchOf(), sessionId, sessionEpoch });
    expect((await ask(12345, 1)).errorCode).toBe(FETCH_SESSION_ID_NOT_FOUND);
    const { sessionId, errorCode } = await ask(0, 0);
    expect([errorCode, sessionId > 0]).toEqual([0, true]);
    expect((await ask(sessionId, 5)).errorCode).toBe(INVALID_FETCH_SESSION_EPOCH);
    expect((await ask(sessionId, 1)).errorCode).toBe(0);
  });

  test('sessions are bounded: beyond it a client is served without one', async () => {
    await using hostile = await hostileClient({
      settings: { 'max.incremental.fetch.session.cache.slots': 3 },
    });
    const ids: number[] = [];
    for (let i = 0; i < 10; i++) {
      const asked = { ...fetchOf(), sessionId: 0, sessionEpoch: 0 };
      ids.push((await hostile.raw.ask(Fetch, 12, asked)).sessionId);
    }
    expect(ids.filter(id => id > 0).length).toBe(3);
  });
});

describe('ListOffsets', () => {
  test.each([
    ['of an unknown topic', 'nowhere', {}, UNKNOWN_TOPIC_OR_PARTITION],
    ['of partition -1', 'orders', { partitionIndex: -1 }, UNKNOWN_TOPIC_OR_PARTITION],
    ['of a time that means nothing', 'orders', { timestamp: -99 }, UNSUPPORTED_VERSION],
    ['with an epoch that never was', 'orders', { currentLeaderEpoch: 99 }, UNKNOWN_LEADER_EPOCH],
    ['with an epoch that is over', 'orders', { currentLeaderEpoch: 0 }, FENCED_LEADER_EPOCH],
    ['of a time past 2^53', 'orders', { timestamp: Number.MAX_SAFE_INTEGER }, 0],
  ])('%s', async (_, name, given, code) => {
    await using hostile = await hostileClient();
    const partitions = [{ partitionIndex: 0, timestamp: -1, ...given }];
    const { topics } = await hostile.raw.ask(ListOffsets, 7, {
      replicaId: -1,
      topics: [{ name, partitions }],
    });
    expect(topics[0]!.partitions[0]!.errorCode).toBe(code);
    await hostile.expectHealthy();
  });
});

describe('CreateTopics', () => {
  const topic = (given: object) => ({
    ...{ name: 'new', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
    ...given,
  });
  const config = (name: string, value: string) => ({ configs: [{ name, value }] });

  test.each([
    ['0 partitions', { numPartitions: 0 }, INVALID_PARTITIONS],
    ['-2 partitions', { numPartitions: -2 }, INVALID_PARTITIONS],
    ['10^7 partitions', { numPartitions: 10_000_000 }, POLICY_VIOLATION],
    ['2^31 - 1 partitions', { numPartitions: INT_MAX }, POLICY_VIOLATION],
    ['replication factor 2', { replicationFactor: 2 }, INVALID_REPLICATION_FACTOR],
    ['replication factor 0', { replicationFactor: 0 }, INVALID_REPLICATION_FACTOR],
    [
      'a replica elsewhere',
      {
        ...{ numPartitions: -1, replicationFactor: -1 },
        assignments: [{ partitionIndex: 0, brokerIds: [99] }],
      },
      INVALID_REPLICA_ASSIGNMENT,
    ],
    ['an unknown config', config('no.such.config', '1'), INVALID_CONFIG],
    ['a bad value', config('retention.ms', 'soon'), INVALID_CONFIG],
    ['a value out of range', config('segment.bytes', '-1'), INVALID_CONFIG],
    ['a name that is there', { name: 'orders' }, TOPIC_ALREADY_EXISTS],
    ['the name ..', { name: '..' }, INVALID_TOPIC_EXCEPTION],
    ['no name', { name: '' }, INVALID_TOPIC_EXCEPTION],
    ['a name with a slash', { name: '../../etc/passwd' }, INVALID_TOPIC_EXCEPTION],
    ['a name with a zero byte', { name: 'a\0b' }, INVALID_TOPIC_EXCEPTION],
    ['a name of 250 characters', { name: 'x'.repeat(250) }, INVALID_TOPIC_EXCEPTION],
  ])('with %s', async (_, given, code) => {
    await using hostile = await hostileClient();
    const { topics } = await hostile.raw.ask(CreateTopics, 5, {
      topics: [topic(given)],
      timeoutMs: 1000,
    });
    expect(topics.map(({ errorCode }) => errorCode)).toEqual([code]);
    await hostile.expectHealthy();
  });

  test('of one name twice', async () => {
    await using hostile = await hostileClient();
    const { topics } = await hostile.raw.ask(CreateTopics, 5, {
      topics: [topic({}), topic({}), topic({ name: 'other' })],
      timeoutMs: 1000,
    });
    const codes = Object.fromEntries(topics.map(({ name, errorCode }) => [name, errorCode]));
    expect(codes).toEqual({ new: INVALID_REQUEST, other: 0 });
  });
});

test.each(['..', 'a/b', 'x'.repeat(250), 'größe'])(
  'asking for the topic %s does not create it',
  async name => {
    await using hostile = await hostileClient();
    const asked = { topics: [{ name }], allowAutoTopicCreation: true };
    const { topics } = await hostile.raw.ask(Metadata, 4, asked);
    expect(topics[0]!.errorCode).toBe(INVALID_TOPIC_EXCEPTION);
    const all = await hostile.raw.ask(Metadata, 4, { topics: null, allowAutoTopicCreation: true });
    expect(all.topics.map(known => known.name)).toEqual(['orders']);
  },
);
