import { expect, test } from 'vitest';
import { ConsumerGroupDescribe } from '../../../../src/adapters/transport/kafka/messages/consumer-group-describe.ts';
import { ConsumerGroupHeartbeat } from '../../../../src/adapters/transport/kafka/messages/consumer-group-heartbeat.ts';
import { JoinGroup } from '../../../../src/adapters/transport/kafka/messages/join-group.ts';
import { OffsetCommit } from '../../../../src/adapters/transport/kafka/messages/offset-commit.ts';
import { SyncGroup } from '../../../../src/adapters/transport/kafka/messages/sync-group.ts';
import { hostileClient, type HostileClient } from '../../../support/hostile-client.ts';

/** What members of groups can do to a broker, over a socket. */

const CORRELATION_AND_CLIENT = '00000007ffff00';
const UP_TO_REGEX = '0267026d000000000000ffffffff00';
const TEN_MB = '81808005';
const LONGEST = 'x'.repeat(0x7fff);

function join(hostile: HostileClient, given: object = {}) {
  return hostile.raw.ask(ConsumerGroupHeartbeat, 1, {
    ...{ groupId: 'g', memberId: 'm', memberEpoch: 0, rebalanceTimeoutMs: 60_000 },
    ...{ subscribedTopicNames: ['orders'], topicPartitions: [], ...given },
  });
}

test('an expression of 10 MB: closed, with one line', async () => {
  await using hostile = await hostileClient();
  const header = Buffer.from(`00440001${CORRELATION_AND_CLIENT}`, 'hex');
  const body = Buffer.from(UP_TO_REGEX + TEN_MB, 'hex');
  const regex = Buffer.alloc(10 * 1024 * 1024, 'x');
  const frame = Buffer.concat([header, body, regex, Buffer.from('000000', 'hex')]);
  await hostile.expectClosed(frame, /string/);
  await hostile.expectHealthy();
});

test('the longest texts that there are: answered, and described', async () => {
  await using hostile = await hostileClient();
  const names = { groupId: LONGEST, memberId: LONGEST, instanceId: LONGEST, rackId: LONGEST };
  const joined = await join(hostile, { ...names, subscribedTopicNames: ['orders', LONGEST] });
  expect(joined).toMatchObject({ errorCode: 0, memberId: LONGEST, memberEpoch: 1 });
  const refused = await join(hostile, { ...names, memberId: 'm' });
  expect(refused.errorMessage).toMatch(/^Static member m with instance id x{900}/);
  expect(refused.errorMessage).toHaveLength(1000);
  const { groups } = await hostile.raw.ask(ConsumerGroupDescribe, 1, {
    groupIds: [LONGEST],
    includeAuthorizedOperations: false,
  });
  expect(groups[0]!.members[0]).toMatchObject({ memberId: LONGEST, instanceId: LONGEST });
  await hostile.expectHealthy();
});

test('the longest instance id of a classic member: its member id is one that can be written', async () => {
  await using hostile = await hostileClient();
  const groupId = 'classic';
  const { memberId, generationId, errorCode } = await hostile.raw.ask(JoinGroup, 9, {
    ...{ groupId, sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, memberId: '' },
    ...{ groupInstanceId: LONGEST, protocolType: 'consumer', reason: null },
    protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
  });
  expect(errorCode).toBe(0);
  const synced = await hostile.raw.ask(SyncGroup, 5, {
    ...{ groupId, generationId, memberId, groupInstanceId: LONGEST },
    ...{ protocolType: 'consumer', protocolName: 'range' },
    assignments: [{ memberId, assignment: Buffer.from('all') }],
  });
  expect(synced).toMatchObject({ errorCode: 0, assignment: Buffer.from('all') });
  await hostile.expectHealthy();
});

test('more than a batch of records holds: refused, and the group goes on', async () => {
  await using hostile = await hostileClient();
  expect(await join(hostile)).toMatchObject({ errorCode: 0, memberEpoch: 1 });
  const subscribedTopicNames = Array.from({ length: 40 }, (_, at) => `${at}${LONGEST.slice(5)}`);
  const refused = await join(hostile, { memberId: 'n', subscribedTopicNames });
  expect(refused).toMatchObject({ errorCode: -1, assignment: null });
  const told = { groupId: 'g', memberId: 'm', memberEpoch: 1 };
  expect(await hostile.raw.ask(ConsumerGroupHeartbeat, 1, told)).toMatchObject({ errorCode: 0 });
  await hostile.expectHealthy();
});

test('a commit in an epoch that there never was: refused', async () => {
  await using hostile = await hostileClient();
  await join(hostile);
  const partition = { partitionIndex: 0, committedOffset: 1, committedMetadata: null };
  for (const generationIdOrMemberEpoch of [-0x8000_0000, -2, 0, 2, 0x7fff_ffff]) {
    const { topics } = await hostile.raw.ask(OffsetCommit, 9, {
      ...{ groupId: 'g', memberId: 'm', generationIdOrMemberEpoch },
      topics: [{ name: 'orders', partitions: [partition] }],
    });
    const STALE_MEMBER_EPOCH = 113;
    expect(topics[0]!.partitions[0]!.errorCode).toBe(STALE_MEMBER_EPOCH);
  }
  await hostile.expectHealthy();
});
