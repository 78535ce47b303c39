import { describe, expect, test } from 'vitest';
import { hex } from './support/bytes.ts';
import { answered, from, requested } from './support/kafkajs.ts';

const member = { groupId: 'billing', memberId: 'm1' };

describe('requests of group members as kafkajs writes them', () => {
  test.each(from(0, 2))('FindCoordinator v%d', async version => {
    const options = { groupId: 'billing', coordinatorKey: 'billing', coordinatorType: 0 };
    const expected = { key: 'billing', keyType: 0, coordinatorKeys: [] };
    expect(await requested('FindCoordinator', version, options)).toEqual(expected);
  });

  test.each(from(0, 5))('JoinGroup v%d', async version => {
    const options = {
      ...member,
      sessionTimeout: 30_000,
      rebalanceTimeout: 60_000,
      protocolType: 'consumer',
      groupProtocols: [{ name: 'RoundRobin', metadata: hex('cafe') }],
      groupInstanceId: 'i1',
    };
    expect(await requested('JoinGroup', version, options)).toEqual({
      ...member,
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: version < 1 ? -1 : 60_000,
      groupInstanceId: version < 5 ? null : 'i1',
      protocolType: 'consumer',
      protocols: [{ name: 'RoundRobin', metadata: hex('cafe') }],
      reason: null,
    });
  });

  test.each(from(0, 3))('SyncGroup v%d', async version => {
    const groupAssignment = [{ memberId: 'm1', memberAssignment: hex('cafe') }];
    const options = { ...member, generationId: 3, groupAssignment };
    expect(await requested('SyncGroup', version, options)).toMatchObject({
      ...member,
      generationId: 3,
      assignments: [{ memberId: 'm1', assignment: hex('cafe') }],
    });
  });

  test.each(from(0, 3))('Heartbeat v%d', async version => {
    const options = { ...member, groupGenerationId: 3, groupInstanceId: 'i1' };
    const groupInstanceId = version < 3 ? null : 'i1';
    const expected = { ...member, generationId: 3, groupInstanceId };
    expect(await requested('Heartbeat', version, options)).toEqual(expected);
  });

  test.each(from(0, 3))('LeaveGroup v%d', async version => {
    const options = { ...member, members: [{ memberId: 'm1' }] };
    const members = [{ memberId: 'm1', groupInstanceId: null, reason: null }];
    expect(await requested('LeaveGroup', version, options)).toEqual(
      version < 3 ? { ...member, members: [] } : { groupId: 'billing', memberId: '', members },
    );
  });

  test.each(from(2, 5))('OffsetCommit v%d', async version => {
    const topics = [
      { topic: 'orders', partitions: [{ partition: 3, offset: '42', metadata: 'm' }] },
    ];
    const options = { ...member, groupGenerationId: 3, retentionTime: '5000', topics };
    const partition = { partitionIndex: 3, committedOffset: 42, committedMetadata: 'm' };
    expect(await requested('OffsetCommit', version, options)).toMatchObject({
      ...member,
      generationIdOrMemberEpoch: 3,
      retentionTimeMs: version < 5 ? 5000 : -1,
      topics: [{ name: 'orders', partitions: [{ ...partition, committedLeaderEpoch: -1 }] }],
    });
  });

  test.each(from(1, 4))('OffsetFetch v%d', async version => {
    const topics = [{ topic: 'orders', partitions: [{ partition: 3 }] }];
    expect(await requested('OffsetFetch', version, { groupId: 'billing', topics })).toMatchObject({
      groupId: 'billing',
      topics: [{ name: 'orders', partitionIndexes: [3] }],
    });
  });

  test.each(from(0, 2))('DescribeGroups and ListGroups v%d', async version => {
    expect(await requested('DescribeGroups', version, { groupIds: ['billing'] })).toMatchObject({
      groups: ['billing'],
    });
    expect(await requested('ListGroups', version, {})).toEqual({
      statesFilter: [],
      typesFilter: [],
    });
  });

  test.each(from(0, 1))('DeleteGroups v%d', async version => {
    expect(await requested('DeleteGroups', version, ['billing'])).toEqual({
      groupsNames: ['billing'],
    });
  });
});

describe('responses to group members as kafkajs reads them', () => {
  test.each(from(0, 2))('FindCoordinator v%d', async version => {
    const coordinator = { nodeId: 5, host: 'localhost', port: 9092 };
    const response = { errorCode: 0, errorMessage: null, ...coordinator };
    expect(await answered('FindCoordinator', version, response)).toMatchObject({
      errorCode: 0,
      coordinator,
    });
  });

  test.each(from(0, 5))('JoinGroup v%d', async version => {
    const response = {
      errorCode: 0,
      generationId: 3,
      protocolName: 'RoundRobin',
      leader: 'm1',
      memberId: 'm1',
      members: [{ memberId: 'm1', groupInstanceId: null, metadata: hex('cafe') }],
    };
    expect(await answered('JoinGroup', version, response)).toMatchObject({
      generationId: 3,
      groupProtocol: 'RoundRobin',
      leaderId: 'm1',
      memberId: 'm1',
      members: [{ memberId: 'm1', memberMetadata: hex('cafe') }],
    });
  });

  test.each(from(0, 3))('SyncGroup v%d', async version => {
    const response = { errorCode: 0, assignment: hex('cafe') };
    expect(await answered('SyncGroup', version, response)).toMatchObject({
      memberAssignment: hex('cafe'),
    });
  });

  test.each(from(0, 3))('Heartbeat and LeaveGroup v%d', async version => {
    expect(await answered('Heartbeat', version, { errorCode: 0 })).toMatchObject({ errorCode: 0 });
    const gone = { memberId: 'm1', groupInstanceId: 'i1', errorCode: 25 };
    const members = version < 3 ? [] : [gone];
    const left = await answered('LeaveGroup', version, { errorCode: 0, members });
    expect(left).toMatchObject(version < 3 ? { errorCode: 0 } : { errorCode: 0, members });
  });

  test.each(from(2, 5))('OffsetCommit v%d', async version => {
    const partitions = [{ partitionIndex: 3, errorCode: 0 }];
    const response = { topics: [{ name: 'orders', partitions }] };
    expect(await answered('OffsetCommit', version, response)).toMatchObject({
      responses: [{ topic: 'orders', partitions: [{ partition: 3, errorCode: 0 }] }],
    });
  });

  test.each(from(1, 4))('OffsetFetch v%d', async version => {
    const offset = { partitionIndex: 3, committedOffset: 42, metadata: 'm', errorCode: 0 };
    const response = { topics: [{ name: 'orders', partitions: [offset] }] };
    expect(await answered('OffsetFetch', version, response)).toMatchObject({
      responses: [
        {
          topic: 'orders',
          partitions: [{ partition: 3, offset: '42', metadata: 'm', errorCode: 0 }],
        },
      ],
    });
  });

  test.each(from(0, 2))('DescribeGroups and ListGroups v%d', async version => {
    const described = {
      memberId: 'm1',
      clientId: 'c',
      clientHost: '/h',
      memberMetadata: hex('01'),
      memberAssignment: hex('02'),
    };
    const group = { errorCode: 0, groupId: 'billing', protocolType: 'consumer' };
    const groups = [
      { ...group, groupState: 'Stable', protocolData: 'range', members: [described] },
    ];
    expect(await answered('DescribeGroups', version, { groups })).toMatchObject({
      groups: [{ ...group, state: 'Stable', protocol: 'range', members: [described] }],
    });
    const listed = [{ groupId: 'billing', protocolType: 'consumer' }];
    expect(
      await answered('ListGroups', version, {
        errorCode: 0,
        groups: listed.map(one => ({ ...one, groupState: 'Stable', groupType: 'classic' })),
      }),
    ).toMatchObject({ groups: listed });
  });

  test.each(from(0, 1))('DeleteGroups v%d', async version => {
    const results = [{ groupId: 'billing', errorCode: 0 }];
    expect(await answered('DeleteGroups', version, { results })).toMatchObject({ results });
  });
});
