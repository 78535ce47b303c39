import { describe, expect, test } from 'vitest';
import { apiVersionsHandler } from '../../../../src/adapters/transport/kafka/handlers/api-versions.ts';
import { consumerGroupDescribeHandler } from '../../../../src/adapters/transport/kafka/handlers/consumer-group-describe.ts';
import { consumerGroupHeartbeatHandler } from '../../../../src/adapters/transport/kafka/handlers/consumer-group-heartbeat.ts';
import { describeGroupsHandler } from '../../../../src/adapters/transport/kafka/handlers/describe-groups.ts';
import { listGroupsHandler } from '../../../../src/adapters/transport/kafka/handlers/list-groups.ts';
import { offsetCommitHandler } from '../../../../src/adapters/transport/kafka/handlers/offset-commit.ts';
import { offsetFetchHandler } from '../../../../src/adapters/transport/kafka/handlers/offset-fetch.ts';
import { ConsumerGroupHeartbeatRequest } from '../../../../src/adapters/transport/kafka/messages/consumer-group-heartbeat.ts';
import { ApiRegistry, type ServedApi } from '../../../../src/adapters/transport/kafka/registry.ts';
import { ProtocolError } from '../../../../src/adapters/transport/kafka/wire/protocol-error.ts';
import { WireReader } from '../../../../src/adapters/transport/kafka/wire/reader.ts';
import { exchange } from '../../../support/exchange.ts';
import type { GroupCore } from '../../../support/group-core.ts';
import { member, started, versions } from '../../../support/group-exchange.ts';

const COORDINATOR_NOT_AVAILABLE = 15;
const INVALID_GROUP_ID = 24;
const UNKNOWN_MEMBER_ID = 25;
const UNSUPPORTED_VERSION = 35;
const INVALID_REQUEST = 42;
const GROUP_ID_NOT_FOUND = 69;
const UNSUPPORTED_ASSIGNOR = 112;
const STALE_MEMBER_EPOCH = 113;
const FENCED_MEMBER_EPOCH = 110;
const INVALID_REGULAR_EXPRESSION = 128;

interface Beat {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly memberId: string;
  readonly memberEpoch: number;
}

const heartbeats = ({ consumerGroupHeartbeat }: GroupCore): ServedApi =>
  consumerGroupHeartbeatHandler(consumerGroupHeartbeat);
const describing = ({ describeConsumerGroups }: GroupCore): ServedApi =>
  consumerGroupDescribeHandler(describeConsumerGroups);

function joining(memberId: string, given: object = {}): object {
  return {
    ...{ groupId: 'g', memberId, memberEpoch: 0, rebalanceTimeoutMs: 60_000 },
    ...{ subscribedTopicNames: ['orders'], topicPartitions: [], ...given },
  };
}

async function beat(broker: GroupCore, request: object, version = 1): Promise<Beat> {
  return (await exchange(heartbeats(broker), version, request)) as Beat;
}

const topicIdOf = ({ core }: GroupCore): string => core.metadata.state.topicNamed('orders')!.id;

describe('ConsumerGroupHeartbeat', () => {
  test.each(versions(heartbeats))('v%d', async apiVersion => {
    const broker = await started();
    const served = heartbeats(broker);
    const own = apiVersion >= 1 ? 'm' : '';
    const joined = (await exchange(served, apiVersion, joining(own))) as Beat;
    const { memberId } = joined;
    expect(memberId).toEqual(apiVersion >= 1 ? 'm' : expect.stringMatching(/^uuid-/));
    const topicPartitions = [{ topicId: topicIdOf(broker), partitions: [0, 1] }];
    expect(joined).toEqual({
      ...{ throttleTimeMs: 0, errorCode: 0, errorMessage: null, memberId, memberEpoch: 1 },
      ...{ heartbeatIntervalMs: 5000, assignment: { topicPartitions } },
    });
    const stays = { groupId: 'g', memberId, memberEpoch: 1 };
    expect(await exchange(served, apiVersion, stays)).toMatchObject({
      ...{ errorCode: 0, memberId, memberEpoch: 1, assignment: null },
    });
    const leaves = { groupId: 'g', memberId, memberEpoch: -1 };
    expect(await exchange(served, apiVersion, leaves)).toMatchObject({
      ...{ errorCode: 0, memberId, memberEpoch: -1, heartbeatIntervalMs: 0, assignment: null },
    });
    expect(await exchange(served, apiVersion, stays)).toMatchObject({
      ...{ errorCode: UNKNOWN_MEMBER_ID, memberId: null, memberEpoch: 0 },
    });
  });

  test('subscribes by a regular expression from version 1 on', async () => {
    const broker = await started();
    const matching = { subscribedTopicNames: null, subscribedTopicRegex: 'ord.*' };
    const topicPartitions = [{ topicId: topicIdOf(broker), partitions: [0, 1] }];
    expect(await beat(broker, joining('m', matching))).toMatchObject({
      assignment: { topicPartitions },
    });
  });

  const huge = 'x'.repeat(32_767);
  test.each([
    ['no group id', joining('m', { groupId: '' }), INVALID_REQUEST],
    ['no member id', joining(''), INVALID_REQUEST],
    ['an empty instance id', joining('m', { instanceId: '' }), INVALID_REQUEST],
    ['an empty rack', joining('m', { rackId: '' }), INVALID_REQUEST],
    ['an epoch that there is not', joining('m', { memberEpoch: -3 }), INVALID_REQUEST],
    ['the least epoch', joining('m', { memberEpoch: -0x8000_0000 }), INVALID_REQUEST],
    ['no subscription', joining('m', { subscribedTopicNames: null }), INVALID_REQUEST],
    [
      'what it cannot own yet',
      joining('m', { topicPartitions: [{ topicId: 'A'.repeat(22), partitions: [-1] }] }),
      INVALID_REQUEST,
    ],
    ['an unknown assignor', joining('m', { serverAssignor: 'sticky' }), UNSUPPORTED_ASSIGNOR],
    ['an epoch of nobody', joining('m', { memberEpoch: 7 }), GROUP_ID_NOT_FOUND],
    ['no expression', joining('m', { subscribedTopicRegex: '(' }), INVALID_REGULAR_EXPRESSION],
    ['too long ids', joining(huge, { memberEpoch: 7, groupId: huge }), GROUP_ID_NOT_FOUND],
    [
      'too large an expression',
      joining('m', { subscribedTopicRegex: huge }),
      INVALID_REGULAR_EXPRESSION,
    ],
  ])('is refused with %s', async (_, request, errorCode) => {
    const broker = await started();
    const answer = await beat(broker, request);
    expect(answer).toMatchObject({ errorCode, memberEpoch: 0, assignment: null });
    expect(answer.errorMessage).toMatch(/^.{5,1000}$/s);
    expect(await beat(broker, joining('m'))).toMatchObject({ errorCode: 0, memberEpoch: 1 });
  });

  test('with an expression of 10 MB is no request', () => {
    const upToRegex = Buffer.from('0267026d000000000000ffffffff00', 'hex');
    const restAfterRegex = Buffer.from('000000', 'hex');
    const read = (length: string, regex: string) => {
      const parts = [upToRegex, Buffer.from(length, 'hex'), Buffer.from(regex), restAfterRegex];
      const reader = new WireReader().reset(Buffer.concat(parts));
      return ConsumerGroupHeartbeatRequest.at(1).read(reader);
    };
    expect(read('04', 'x.*')).toMatchObject({ memberId: 'm', subscribedTopicRegex: 'x.*' });
    expect(() => read('81808005', 'x'.repeat(10 * 1024 * 1024))).toThrow(ProtocolError);
  });

  test('with 20,000 topics is refused, and with negative partitions the member is fenced', async () => {
    const broker = await started();
    const names = Array.from({ length: 20_000 }, (_, at) => `topic-${at}-${'x'.repeat(60)}`);
    expect(await beat(broker, joining('m', { subscribedTopicNames: names }))).toMatchObject({
      errorCode: -1,
    });
    await beat(broker, joining('m'));
    await beat(broker, joining('n'));
    const topicId = topicIdOf(broker);
    const owns = { groupId: 'g', memberId: 'm', memberEpoch: 1 };
    const odd = { ...owns, topicPartitions: [{ topicId, partitions: [-1, 2 ** 31 - 1] }] };
    expect(await beat(broker, odd)).toMatchObject({ errorCode: 0 });
    const behind = { ...odd, memberEpoch: 0x7fff_ffff };
    expect(await beat(broker, behind)).toMatchObject({ errorCode: FENCED_MEMBER_EPOCH });
  });

  test('says when no coordinator is at work', async () => {
    const broker = await started();
    await broker.groups.stop();
    expect(await beat(broker, joining('m'))).toMatchObject({
      errorCode: COORDINATOR_NOT_AVAILABLE,
    });
  });
});

describe('ConsumerGroupDescribe', () => {
  test.each(versions(describing))('v%d', async apiVersion => {
    const broker = await started();
    await beat(broker, joining('m', { instanceId: 'i', rackId: 'r' }));
    await member(broker, 'classic');
    const request = { groupIds: ['g', 'classic', 'none', ''], includeAuthorizedOperations: true };
    const orders = { topicId: topicIdOf(broker), topicName: 'orders', partitions: [0, 1] };
    const assignment = { topicPartitions: [orders] };
    const refused = { groupState: '', members: [] };
    expect(await exchange(describing(broker), apiVersion, request)).toMatchObject({
      throttleTimeMs: 0,
      groups: [
        {
          ...{ errorCode: 0, errorMessage: null, groupId: 'g', groupState: 'Stable' },
          ...{ groupEpoch: 1, assignmentEpoch: 1, assignorName: 'uniform' },
          members: [
            {
              ...{ memberId: 'm', instanceId: 'i', rackId: 'r', memberEpoch: 1 },
              ...{ clientId: 'test', clientHost: '/127.0.0.1' },
              ...{ subscribedTopicNames: ['orders'], subscribedTopicRegex: null },
              ...{ assignment, targetAssignment: assignment },
              memberType: apiVersion >= 1 ? 1 : -1,
            },
          ],
          authorizedOperations: 0b1101_0100_1000,
        },
        {
          ...{ ...refused, errorCode: GROUP_ID_NOT_FOUND, groupId: 'classic' },
          errorMessage: 'Group classic is not a consumer group.',
        },
        {
          ...{ ...refused, errorCode: GROUP_ID_NOT_FOUND, groupId: 'none' },
          ...{ errorMessage: 'Group none not found.', authorizedOperations: -0x8000_0000 },
        },
        { ...refused, errorCode: INVALID_GROUP_ID, groupId: '' },
      ],
    });
  });

  test('is the only way to describe a consumer group, and lists tell them apart', async () => {
    const broker = await started();
    await beat(broker, joining('m'));
    const classic = describeGroupsHandler(broker.describeGroups);
    const dead = { groupId: 'g', groupState: 'Dead', members: [] };
    expect(await exchange(classic, 5, { groups: ['g'] })).toMatchObject({
      groups: [{ ...dead, errorCode: 0 }],
    });
    expect(await exchange(classic, 6, { groups: ['g'] })).toMatchObject({
      groups: [
        {
          ...{ ...dead, errorCode: GROUP_ID_NOT_FOUND },
          errorMessage: 'Group g is not a classic group.',
        },
      ],
    });
    const list = listGroupsHandler(broker.listGroups);
    const filters = { statesFilter: ['STABLE'], typesFilter: ['Consumer'] };
    expect(await exchange(list, 5, filters)).toMatchObject({
      groups: [
        { groupId: 'g', protocolType: 'consumer', groupState: 'Stable', groupType: 'consumer' },
      ],
    });
    expect(await exchange(list, 5, { typesFilter: ['classic'] })).toMatchObject({ groups: [] });
  });
});

describe('offsets of a consumer group', () => {
  const committing = ({ commitOffsets }: GroupCore): ServedApi =>
    offsetCommitHandler(commitOffsets);
  const fetching = ({ fetchOffsets }: GroupCore): ServedApi => offsetFetchHandler(fetchOffsets);

  test.each(versions(committing))('are committed by OffsetCommit v%d', async apiVersion => {
    const broker = await started();
    await beat(broker, joining('m'));
    const commit = async (memberEpoch: number): Promise<number> => {
      const partition = { partitionIndex: 0, committedOffset: 5, committedMetadata: null };
      const named = apiVersion >= 10 ? { topicId: topicIdOf(broker) } : { name: 'orders' };
      const { topics } = (await exchange(committing(broker), apiVersion, {
        ...{ groupId: 'g', memberId: 'm', generationIdOrMemberEpoch: memberEpoch },
        topics: [{ ...named, partitions: [partition] }],
      })) as { topics: { partitions: { errorCode: number }[] }[] };
      return topics[0]!.partitions[0]!.errorCode;
    };
    expect(await commit(1)).toBe(apiVersion >= 9 ? 0 : UNSUPPORTED_VERSION);
    expect(await commit(2)).toBe(apiVersion >= 9 ? STALE_MEMBER_EPOCH : UNSUPPORTED_VERSION);
    expect(await broker.committed()).toBe(apiVersion >= 9 ? 5 : -1);
  });

  test.each([9, 10])('are taken late for what a member kept, in v%d', async apiVersion => {
    const broker = await started();
    const topicId = topicIdOf(broker);
    const stays = (partitions: readonly number[]) =>
      beat(broker, {
        ...{ groupId: 'g', memberId: 'm', memberEpoch: 1 },
        topicPartitions: [{ topicId, partitions }],
      });
    await beat(broker, joining('m'));
    await beat(broker, joining('n'));
    await stays([0, 1]);
    expect(await stays([0])).toMatchObject({ memberEpoch: 2 });
    const named = apiVersion >= 10 ? { topicId } : { name: 'orders' };
    const partitions = [0, 1].map(partitionIndex => {
      return { partitionIndex, committedOffset: 5, committedMetadata: null };
    });
    expect(
      await exchange(committing(broker), apiVersion, {
        ...{ groupId: 'g', memberId: 'm', generationIdOrMemberEpoch: 1 },
        topics: [{ ...named, partitions }],
      }),
    ).toMatchObject({
      topics: [{ partitions: [{ errorCode: 0 }, { errorCode: STALE_MEMBER_EPOCH }] }],
    });
  });

  test.each([9, 10])('are told to members in their epoch by OffsetFetch v%d', async apiVersion => {
    const broker = await started();
    await beat(broker, joining('m'));
    const ask = async (memberId: string, memberEpoch: number): Promise<number> => {
      const group = { groupId: 'g', memberId, memberEpoch, topics: null };
      const { groups } = (await exchange(fetching(broker), apiVersion, {
        groups: [group],
        requireStable: false,
      })) as { groups: { errorCode: number }[] };
      return groups[0]!.errorCode;
    };
    expect(await ask('m', 1)).toBe(0);
    expect(await ask('m', 0)).toBe(STALE_MEMBER_EPOCH);
    expect(await ask('n', 1)).toBe(UNKNOWN_MEMBER_ID);
  });
});

test('ApiVersions announces the protocol as a feature', async () => {
  const identity = { clusterId: 'c', brokerId: 1, leaderEpoch: 7 };
  const served = apiVersionsHandler(new ApiRegistry(), identity);
  const client = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };
  const finalized = { name: 'group.version', maxVersionLevel: 1, minVersionLevel: 1 };
  const supported = { name: 'group.version', minVersion: 0, maxVersion: 1 };
  for (const apiVersion of [3, 4, 5]) {
    expect(await exchange(served, apiVersion, client)).toMatchObject({
      // KAFKA-17492
      supportedFeatures: apiVersion >= 4 ? [supported] : [],
      finalizedFeaturesEpoch: 7,
      finalizedFeatures: [finalized],
    });
  }
  const untold = { supportedFeatures: [], finalizedFeaturesEpoch: -1, finalizedFeatures: [] };
  expect(await exchange(served, 2, {})).toMatchObject(untold);
});
