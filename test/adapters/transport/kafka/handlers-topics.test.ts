import { describe, expect, test } from 'vitest';
import { createPartitionsHandler } from '../../../../src/adapters/transport/kafka/handlers/create-partitions.ts';
import { createTopicsHandler } from '../../../../src/adapters/transport/kafka/handlers/create-topics.ts';
import { deleteTopicsHandler } from '../../../../src/adapters/transport/kafka/handlers/delete-topics.ts';
import { describeTopicPartitionsHandler } from '../../../../src/adapters/transport/kafka/handlers/describe-topic-partitions.ts';
import { ERROR_CODES } from '../../../../src/adapters/transport/kafka/messages/error-codes.ts';
import { ZERO_UUID } from '../../../../src/adapters/transport/kafka/wire/schema.ts';
import { CreatePartitions } from '../../../../src/domain/use-cases/create-partitions.ts';
import { DeleteTopics } from '../../../../src/domain/use-cases/delete-topics.ts';
import { DescribeTopicPartitions } from '../../../../src/domain/use-cases/describe-topic-partitions.ts';
import { StorageError } from '../../../../src/ports/log-storage.ts';
import { exchange, versionsOf } from '../../../support/exchange.ts';
import {
  BROKER_ID,
  startMetadata,
  type MetadataFixture,
} from '../../../support/metadata-fixture.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';

const EIO = new StorageError('failed', 'EIO');

describe('CreateTopics', () => {
  const wanted = (name: string, given: object = {}) => ({
    name,
    numPartitions: 2,
    replicationFactor: 1,
    assignments: [],
    configs: [],
    ...given,
  });

  test('says as much of a created topic as the version can', async () => {
    const { createTopics, metadata } = await startMetadata();
    const served = createTopicsHandler(createTopics);
    expect(versionsOf(served)).toEqual([2, 3, 4, 5, 6, 7]);
    for (const version of versionsOf(served)) {
      const name = `t${version}`;
      const configs = [{ name: 'retention.ms', value: '1000' }];
      const topics = [wanted(name, { configs })];
      const response = await exchange(served, version, {
        topics,
        timeoutMs: 1,
        validateOnly: false,
      });
      const created = metadata.state.topicNamed(name)!;
      expect(created.partitionCount).toBe(2);
      const told = version >= 5;
      const retention = {
        name: 'retention.ms',
        value: '1000',
        readOnly: false,
        configSource: 1,
        isSensitive: false,
      };
      expect(response, `v${version}`).toEqual({
        throttleTimeMs: 0,
        topics: [
          {
            name,
            topicId: version >= 7 ? created.id : ZERO_UUID,
            errorCode: 0,
            errorMessage: null,
            topicConfigErrorCode: 0,
            numPartitions: told ? 2 : -1,
            replicationFactor: told ? 1 : -1,
            configs: told ? (expect.arrayContaining([retention]) as unknown) : [],
          },
        ],
      });
    }
  });

  const refusal = (name: string, errorCode: number, errorMessage: unknown) => ({
    name,
    topicId: ZERO_UUID,
    errorCode,
    errorMessage,
    topicConfigErrorCode: 0,
    numPartitions: -1,
    replicationFactor: -1,
    configs: [],
  });

  test.each([2, 7])('v%d creates one topic and says why not the others', async version => {
    const { createTopics, metadata } = await startMetadata();
    const byHand = { numPartitions: -1, replicationFactor: -1 };
    const assignments = [{ partitionIndex: 0, brokerIds: [BROKER_ID, BROKER_ID + 1] }];
    const topics = [
      wanted('x/y'),
      wanted('by-hand', {
        ...byHand,
        assignments: [{ ...assignments[0], brokerIds: [BROKER_ID] }],
      }),
      wanted('elsewhere', { ...byHand, assignments }),
      wanted('odd', { configs: [{ name: 'retention.ms', value: null }] }),
    ];
    const request = { topics, timeoutMs: 1, validateOnly: false };
    const response = await exchange(createTopicsHandler(createTopics), version, request);
    const { INVALID_TOPIC_EXCEPTION, INVALID_REPLICA_ASSIGNMENT, INVALID_CONFIG } = ERROR_CODES;
    expect(response).toMatchObject({
      topics: [
        refusal('x/y', INVALID_TOPIC_EXCEPTION, expect.stringContaining('x/y')),
        { name: 'by-hand', errorCode: 0 },
        refusal('elsewhere', INVALID_REPLICA_ASSIGNMENT, expect.stringContaining('broker 2')),
        refusal('odd', INVALID_CONFIG, expect.stringContaining('retention.ms')),
      ],
    });
    expect(metadata.state.topicNamed('by-hand')?.partitionCount).toBe(1);
    expect(metadata.state.topicCount).toBe(1);
  });

  test('creates nothing when only asked whether it could', async () => {
    const { createTopics, metadata } = await startMetadata();
    const request = { topics: [wanted('a')], timeoutMs: 1, validateOnly: true };
    const response = await exchange(createTopicsHandler(createTopics), 5, request);
    expect(response).toMatchObject({ topics: [{ name: 'a', errorCode: 0, numPartitions: 2 }] });
    expect(metadata.state.topicCount).toBe(0);
  });

  test.each([2, 7])('v%d answers a failing store topic by topic', async version => {
    const { createTopics, storage } = await startMetadata();
    storage.failNextCommit = EIO;
    const request = { topics: [wanted('a'), wanted('b')], timeoutMs: 1, validateOnly: false };
    expect(await exchange(createTopicsHandler(createTopics), version, request)).toEqual({
      throttleTimeMs: 0,
      topics: ['a', 'b'].map(name => {
        return refusal(name, ERROR_CODES.KAFKA_STORAGE_ERROR, expect.any(String));
      }),
    });
  });
});

describe('DeleteTopics', () => {
  const servedBy = ({ metadata }: MetadataFixture) =>
    deleteTopicsHandler(
      new DeleteTopics(metadata, { remove: () => Promise.resolve() }, new RecordingLogger()),
    );

  test('deletes by name, in every version', async () => {
    const fixture = await startMetadata();
    const served = servedBy(fixture);
    expect(versionsOf(served)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const version of versionsOf(served)) {
      const [topic] = await fixture.create({ name: 'a' });
      const names = ['a', 'none'];
      const byName =
        version >= 6
          ? { topics: names.map(name => ({ name, topicId: ZERO_UUID })) }
          : { topicNames: names };
      const response = await exchange(served, version, { ...byName, timeoutMs: 1 });
      expect(response, `v${version}`).toEqual({
        throttleTimeMs: 0,
        responses: [
          {
            name: 'a',
            topicId: version >= 6 ? topic!.id : ZERO_UUID,
            errorCode: 0,
            errorMessage: null,
          },
          {
            name: 'none',
            topicId: ZERO_UUID,
            errorCode: ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION,
            errorMessage: version >= 5 ? (expect.any(String) as unknown) : null,
          },
        ],
      });
      expect(fixture.metadata.state.topicCount).toBe(0);
    }
  });

  test('v6 deletes by id', async () => {
    const fixture = await startMetadata();
    const [a, b] = await fixture.create({ name: 'a' }, { name: 'b' });
    const unknown = 'AAAAAAAAAAAAAAAAAAAAZg';
    const topics = [
      { name: null, topicId: a!.id },
      { name: null, topicId: unknown },
      { name: 'b', topicId: b!.id },
      { name: null, topicId: ZERO_UUID },
    ];
    const response = await exchange(servedBy(fixture), 6, { topics, timeoutMs: 1 });
    const { UNKNOWN_TOPIC_ID, INVALID_REQUEST } = ERROR_CODES;
    const errorMessage: unknown = expect.any(String);
    expect(response).toEqual({
      throttleTimeMs: 0,
      responses: [
        { name: 'a', topicId: a!.id, errorCode: 0, errorMessage: null },
        { name: null, topicId: unknown, errorCode: UNKNOWN_TOPIC_ID, errorMessage },
        { name: 'b', topicId: b!.id, errorCode: INVALID_REQUEST, errorMessage },
        { name: null, topicId: ZERO_UUID, errorCode: INVALID_REQUEST, errorMessage },
      ],
    });
    expect([...fixture.metadata.state.topics()]).toEqual([b]);
  });

  test("v6 refuses the broker's own, by name and by id", async () => {
    const fixture = await startMetadata();
    const [own] = await fixture.create({ name: '__consumer_offsets' });
    const topics = [
      { name: '__consumer_offsets', topicId: ZERO_UUID },
      { name: null, topicId: own!.id },
    ];
    const response = await exchange(servedBy(fixture), 6, { topics, timeoutMs: 1 });
    const errorMessage = "the topic is the broker's own";
    const refusal = { errorCode: ERROR_CODES.INVALID_TOPIC_EXCEPTION, errorMessage };
    expect(response).toEqual({
      throttleTimeMs: 0,
      responses: topics.map(topic => ({ ...topic, ...refusal })),
    });
    expect([...fixture.metadata.state.topics()]).toEqual([own]);
  });

  test.each([
    [1, 'INVALID_REQUEST'],
    [2, 'INVALID_REQUEST'],
    [3, 'TOPIC_DELETION_DISABLED'],
    [5, 'TOPIC_DELETION_DISABLED'],
  ] as const)('v%d calls disabled deletion %s', async (version, name) => {
    const served = servedBy(await startMetadata(undefined, { 'delete.topic.enable': 'false' }));
    const response = await exchange(served, version, { topicNames: ['a', 'b'], timeoutMs: 1 });
    expect(response).toEqual({
      throttleTimeMs: 0,
      responses: ['a', 'b'].map(topic => ({
        name: topic,
        topicId: ZERO_UUID,
        errorCode: ERROR_CODES[name],
        errorMessage: null,
      })),
    });
  });

  test('v6 answers a request that failed as a whole by what it named', async () => {
    const fixture = await startMetadata();
    const [a] = await fixture.create({ name: 'a' }, { name: 'b' });
    fixture.storage.failNextCommit = EIO;
    const topics = [
      { name: null, topicId: a!.id },
      { name: 'b', topicId: ZERO_UUID },
    ];
    const failed = { errorCode: ERROR_CODES.KAFKA_STORAGE_ERROR, errorMessage: null };
    expect(await exchange(servedBy(fixture), 6, { topics, timeoutMs: 1 })).toEqual({
      throttleTimeMs: 0,
      responses: topics.map(topic => ({ ...topic, ...failed })),
    });
  });
});

describe('CreatePartitions', () => {
  const servedBy = ({ metadata }: MetadataFixture) =>
    createPartitionsHandler(new CreatePartitions(metadata, BROKER_ID));
  const wanted = (name: string, count: number, replicas: number[][] | null = null) => ({
    name,
    count,
    assignments: replicas && replicas.map(brokerIds => ({ brokerIds })),
  });

  test('adds partitions, in every version', async () => {
    const fixture = await startMetadata();
    const [a, b] = await fixture.create({ name: 'a', partitions: 1 }, { name: 'b', partitions: 1 });
    const served = servedBy(fixture);
    expect(versionsOf(served)).toEqual([0, 1, 2, 3]);
    for (const version of versionsOf(served)) {
      const count = version + 2;
      const topics = [
        wanted('a', count),
        wanted('b', count, [[BROKER_ID]]),
        wanted('c', count, [[BROKER_ID]]),
      ];
      const response = await exchange(served, version, {
        topics,
        timeoutMs: 1,
        validateOnly: false,
      });
      expect(response, `v${version}`).toEqual({
        throttleTimeMs: 0,
        results: [
          { name: 'a', errorCode: 0, errorMessage: null },
          { name: 'b', errorCode: 0, errorMessage: null },
          { name: 'c', errorCode: 3, errorMessage: expect.any(String) as unknown },
        ],
      });
      expect([a, b].map(topic => topic!.partitionCount)).toEqual([count, count]);
    }
  });

  test('adds none where an assignment is wrong, or when only asked whether it could', async () => {
    const fixture = await startMetadata();
    const [a] = await fixture.create({ name: 'a', partitions: 1 });
    const ask = (topic: object, validateOnly: boolean) =>
      exchange(servedBy(fixture), 0, { topics: [topic], timeoutMs: 1, validateOnly });
    const errorCode = ERROR_CODES.INVALID_REPLICA_ASSIGNMENT;
    expect(await ask(wanted('a', 2, [[BROKER_ID + 1]]), false)).toMatchObject({
      results: [{ name: 'a', errorCode }],
    });
    expect(await ask(wanted('a', 2), true)).toMatchObject({ results: [{ errorCode: 0 }] });
    expect(a!.partitionCount).toBe(1);
  });

  test.each([0, 3])('v%d answers a failing store topic by topic', async version => {
    const fixture = await startMetadata();
    await fixture.create({ name: 'a', partitions: 1 });
    fixture.storage.failNextCommit = EIO;
    const topics = [wanted('a', 2), wanted('b', 2)];
    const request = { topics, timeoutMs: 1, validateOnly: false };
    const errorCode = ERROR_CODES.KAFKA_STORAGE_ERROR;
    expect(await exchange(servedBy(fixture), version, request)).toEqual({
      throttleTimeMs: 0,
      results: ['a', 'b'].map(name => {
        return { name, errorCode, errorMessage: expect.any(String) as unknown };
      }),
    });
  });
});

describe('DescribeTopicPartitions', () => {
  const LEADER_EPOCH = 9;
  const servedBy = ({ metadata }: MetadataFixture) =>
    describeTopicPartitionsHandler(new DescribeTopicPartitions(metadata.state), {
      brokerId: BROKER_ID,
      leaderEpoch: LEADER_EPOCH,
    });
  const named = (...names: string[]) => names.map(name => ({ name }));
  const partition = (partitionIndex: number) => ({
    errorCode: 0,
    partitionIndex,
    leaderId: BROKER_ID,
    leaderEpoch: LEADER_EPOCH,
    replicaNodes: [BROKER_ID],
    isrNodes: [BROKER_ID],
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
    offlineReplicas: [],
  });
  // READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS
  const topicAuthorizedOperations = [3, 4, 5, 6, 7, 8, 10, 11].reduce(
    (all, bit) => all + 2 ** bit,
    0,
  );

  test('answers page by page', async () => {
    const fixture = await startMetadata();
    const [a, offsets] = await fixture.create(
      { name: 'a', partitions: 3 },
      { name: '__consumer_offsets', partitions: 1 },
    );
    const ask = (cursor: object | null) =>
      exchange(servedBy(fixture), 0, {
        topics: named('none', 'a', '__consumer_offsets'),
        responsePartitionLimit: 2,
        cursor,
      });
    const about = { errorCode: 0, topicAuthorizedOperations };
    const ofA = { ...about, name: 'a', topicId: a!.id, isInternal: false };
    const next = { topicName: 'a', partitionIndex: 1 };
    expect(await ask(null)).toEqual({
      throttleTimeMs: 0,
      topics: [
        {
          ...about,
          name: '__consumer_offsets',
          topicId: offsets!.id,
          isInternal: true,
          partitions: [partition(0)],
        },
        { ...ofA, partitions: [partition(0)] },
      ],
      nextCursor: next,
    });
    expect(await ask(next)).toEqual({
      throttleTimeMs: 0,
      topics: [{ ...ofA, partitions: [partition(1), partition(2)] }],
      nextCursor: { topicName: 'none', partitionIndex: 0 },
    });
    expect(await ask({ topicName: 'none', partitionIndex: 0 })).toEqual({
      throttleTimeMs: 0,
      topics: [
        {
          errorCode: ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION,
          name: 'none',
          topicId: ZERO_UUID,
          isInternal: false,
          partitions: [],
          topicAuthorizedOperations,
        },
      ],
      nextCursor: null,
    });
  });

  test('refuses a cursor outside of what is asked, topic by topic', async () => {
    const cursor = { topicName: 'z', partitionIndex: 0 };
    const request = { topics: named('a', 'b'), responsePartitionLimit: 2, cursor };
    expect(await exchange(servedBy(await startMetadata()), 0, request)).toEqual({
      throttleTimeMs: 0,
      topics: ['a', 'b'].map(name => ({
        errorCode: ERROR_CODES.INVALID_REQUEST,
        name,
        topicId: ZERO_UUID,
        isInternal: false,
        partitions: [],
        topicAuthorizedOperations: -(2 ** 31),
      })),
      nextCursor: null,
    });
  });
});
