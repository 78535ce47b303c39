import { describe, expect, test } from 'vitest';
import { deleteGroupsHandler } from '../../../../src/adapters/transport/kafka/handlers/delete-groups.ts';
import { describeGroupsHandler } from '../../../../src/adapters/transport/kafka/handlers/describe-groups.ts';
import { findCoordinatorHandler } from '../../../../src/adapters/transport/kafka/handlers/find-coordinator.ts';
import { heartbeatHandler } from '../../../../src/adapters/transport/kafka/handlers/heartbeat.ts';
import { joinGroupHandler } from '../../../../src/adapters/transport/kafka/handlers/join-group.ts';
import { leaveGroupHandler } from '../../../../src/adapters/transport/kafka/handlers/leave-group.ts';
import { listGroupsHandler } from '../../../../src/adapters/transport/kafka/handlers/list-groups.ts';
import { syncGroupHandler } from '../../../../src/adapters/transport/kafka/handlers/sync-group.ts';
import type { ServedApi } from '../../../../src/adapters/transport/kafka/registry.ts';
import { exchange } from '../../../support/exchange.ts';
import type { GroupCore } from '../../../support/group-core.ts';
import { quiet } from '../../../support/virtual-time.ts';
import {
  METADATA,
  joinRequest,
  member,
  started,
  versions,
  type Joined,
} from '../../../support/group-exchange.ts';

const COORDINATOR_NOT_AVAILABLE = 15;
const ILLEGAL_GENERATION = 22;
const INCONSISTENT_GROUP_PROTOCOL = 23;
const INVALID_GROUP_ID = 24;
const UNKNOWN_MEMBER_ID = 25;
const INVALID_SESSION_TIMEOUT = 26;
const INVALID_REQUEST = 42;
const NON_EMPTY_GROUP = 68;
const GROUP_ID_NOT_FOUND = 69;
const MEMBER_ID_REQUIRED = 79;

describe('FindCoordinator', () => {
  const served = ({ findCoordinator }: GroupCore): ServedApi =>
    findCoordinatorHandler(findCoordinator);
  const keyed = (apiVersion: number, keyType: number): object => ({
    ...(apiVersion >= 1 ? { keyType } : {}),
    ...(apiVersion >= 4 ? { coordinatorKeys: ['g', 'h'] } : { key: 'g' }),
  });

  test.each(versions(served))('v%d', async apiVersion => {
    const broker = await started();
    const found = { nodeId: 1, host: 'here', port: 9092, errorCode: 0 };
    expect(await exchange(served(broker), apiVersion, keyed(apiVersion, 0))).toMatchObject(
      apiVersion >= 4
        ? {
            coordinators: [
              { key: 'g', ...found },
              { key: 'h', ...found },
            ],
          }
        : found,
    );
    if (apiVersion === 0) return;
    for (const [keyType, errorCode] of [
      [1, COORDINATOR_NOT_AVAILABLE],
      [2, INVALID_REQUEST],
      [-1, INVALID_REQUEST],
    ] as const) {
      const nowhere = { nodeId: -1, host: '', port: -1, errorCode };
      expect(await exchange(served(broker), apiVersion, keyed(apiVersion, keyType))).toMatchObject(
        apiVersion >= 4 ? { coordinators: [nowhere, nowhere] } : nowhere,
      );
    }
  });
});

describe('JoinGroup', () => {
  const served = ({ joinGroup }: GroupCore): ServedApi => joinGroupHandler(joinGroup);

  test.each(versions(served))('v%d', async apiVersion => {
    const broker = await started();
    let memberId = '';
    if (apiVersion >= 4) {
      const answer = await exchange(served(broker), apiVersion, joinRequest(apiVersion));
      expect(answer).toMatchObject({ errorCode: MEMBER_ID_REQUIRED, generationId: -1, leader: '' });
      ({ memberId } = answer as Joined);
      expect(memberId).toMatch(/^test-./);
    }
    const joining = exchange(served(broker), apiVersion, joinRequest(apiVersion, memberId));
    await quiet();
    broker.core.time.advance(3000);
    const joined = (await joining) as Joined;
    expect(joined).toMatchObject({
      ...{ errorCode: 0, generationId: 1, protocolName: 'range', leader: joined.memberId },
      ...{ protocolType: apiVersion >= 7 ? 'consumer' : null, skipAssignment: false },
      members: [{ memberId: joined.memberId, groupInstanceId: null, metadata: METADATA }],
    });
    const [described] = await broker.describeGroups.execute(['g']);
    expect(described!.group!.members[0]).toMatchObject({
      clientId: 'test',
      clientHost: '/127.0.0.1',
    });
    // Version 0 knows no rebalance timeout: it is as long as the session's.
    const again = exchange(served(broker), 3, joinRequest(3));
    await quiet();
    broker.core.time.advance(apiVersion === 0 ? 9_999 : 19_999);
    await quiet();
    broker.core.time.advance(1);
    expect(await again).toMatchObject({ errorCode: 0, generationId: 2 });
  });

  test.each(versions(served))('v%d refuses', async apiVersion => {
    const broker = await started();
    for (const [wrong, errorCode] of [
      [{ groupId: '' }, INVALID_GROUP_ID],
      [{ sessionTimeoutMs: 1 }, INVALID_SESSION_TIMEOUT],
      [{ protocols: [] }, INCONSISTENT_GROUP_PROTOCOL],
      [{ protocolType: '' }, INCONSISTENT_GROUP_PROTOCOL],
      [{ memberId: 'm' }, UNKNOWN_MEMBER_ID],
    ] as const) {
      const request = { ...joinRequest(apiVersion), ...wrong };
      const { memberId = '' } = wrong as { memberId?: string };
      const nothing = { generationId: -1, members: [], leader: '', memberId };
      const protocolName = apiVersion >= 7 ? null : '';
      expect(await exchange(served(broker), apiVersion, request)).toMatchObject({
        ...{ errorCode, protocolName, ...nothing },
      });
    }
  });
});

describe('SyncGroup', () => {
  const served = ({ syncGroup }: GroupCore): ServedApi => syncGroupHandler(syncGroup);

  test.each(versions(served))('v%d', async apiVersion => {
    const broker = await started();
    const memberId = await member(broker);
    const request = {
      ...{ groupId: 'g', generationId: 1, memberId, assignments: [] },
      ...(apiVersion >= 5 ? { protocolType: 'consumer', protocolName: 'range' } : {}),
    };
    const ask = (wrong: object) => exchange(served(broker), apiVersion, { ...request, ...wrong });
    expect(await ask({})).toMatchObject({
      errorCode: 0,
      assignment: Buffer.from('all'),
      protocolName: apiVersion >= 5 ? 'range' : null,
    });
    const nothing = Buffer.alloc(0);
    const refused = (errorCode: number) => ({ errorCode, assignment: nothing });
    expect(await ask({ groupId: '' })).toMatchObject(refused(INVALID_GROUP_ID));
    expect(await ask({ generationId: 0 })).toMatchObject(refused(ILLEGAL_GENERATION));
    expect(await ask({ memberId: 'x' })).toMatchObject(refused(UNKNOWN_MEMBER_ID));
    if (apiVersion < 5) return;
    for (const wrong of [{ protocolType: null }, { protocolName: null }, { protocolName: 'x' }]) {
      expect(await ask(wrong)).toMatchObject(refused(INCONSISTENT_GROUP_PROTOCOL));
    }
  });
});

describe('Heartbeat', () => {
  const served = ({ heartbeat }: GroupCore): ServedApi => heartbeatHandler(heartbeat);

  test.each(versions(served))('v%d', async apiVersion => {
    const broker = await started();
    const memberId = await member(broker);
    const ask = (wrong: object) =>
      exchange(served(broker), apiVersion, { groupId: 'g', generationId: 1, memberId, ...wrong });
    expect(await ask({})).toMatchObject({ errorCode: 0 });
    expect(await ask({ groupId: '' })).toMatchObject({ errorCode: INVALID_GROUP_ID });
    expect(await ask({ groupId: 'dead' })).toMatchObject({ errorCode: UNKNOWN_MEMBER_ID });
    expect(await ask({ generationId: 2 })).toMatchObject({ errorCode: ILLEGAL_GENERATION });
  });
});

describe('LeaveGroup', () => {
  const served = ({ leaveGroup }: GroupCore): ServedApi => leaveGroupHandler(leaveGroup);

  test.each(versions(served))('v%d', async apiVersion => {
    const broker = await started();
    const memberId = await member(broker);
    const ask = (groupId: string, id: string) => {
      const one = apiVersion >= 3 ? { members: [{ memberId: id }] } : { memberId: id };
      return exchange(served(broker), apiVersion, { groupId, ...one });
    };
    const told = (errorCode: number, id: string) =>
      apiVersion >= 3 ? { errorCode: 0, members: [{ memberId: id, errorCode }] } : { errorCode };
    expect(await ask('', memberId)).toMatchObject({ errorCode: INVALID_GROUP_ID, members: [] });
    expect(await ask('g', 'x')).toMatchObject(told(UNKNOWN_MEMBER_ID, 'x'));
    expect(await ask('none', 'x')).toMatchObject(told(UNKNOWN_MEMBER_ID, 'x'));
    expect(await ask('g', memberId)).toMatchObject(told(0, memberId));
  });
});

describe('DeleteGroups', () => {
  const served = ({ deleteGroups }: GroupCore): ServedApi => deleteGroupsHandler(deleteGroups);

  test.each(versions(served))('v%d', async apiVersion => {
    const broker = await started();
    await member(broker);
    await broker.commit(1, 'simple');
    const groupsNames = ['g', 'simple', 'none', 'simple'];
    expect(await exchange(served(broker), apiVersion, { groupsNames })).toMatchObject({
      results: [
        { groupId: 'g', errorCode: NON_EMPTY_GROUP },
        { groupId: 'simple', errorCode: 0 },
        { groupId: 'none', errorCode: GROUP_ID_NOT_FOUND },
      ],
    });
  });
});

describe('ListGroups', () => {
  const served = ({ listGroups }: GroupCore): ServedApi => listGroupsHandler(listGroups);

  test.each(versions(served))('v%d', async apiVersion => {
    const broker = await started();
    await member(broker);
    await broker.commit(1, 'simple');
    const ids = async (filters: object): Promise<string[]> => {
      const { groups } = (await exchange(served(broker), apiVersion, filters)) as {
        groups: { groupId: string; groupState: string; groupType: string }[];
      };
      return groups
        .map(({ groupId, groupState, groupType }) => `${groupId} ${groupState} ${groupType}`)
        .sort();
    };
    const state = (text: string): string => (apiVersion >= 4 ? text : '');
    const type = apiVersion >= 5 ? 'classic' : '';
    const g = `g ${state('Stable')} ${type}`;
    const simple = `simple ${state('Empty')} ${type}`;
    expect(await ids({})).toEqual([g, simple]);
    if (apiVersion < 4) return;
    expect(await ids({ statesFilter: ['stable'] })).toEqual([g]);
    expect(await ids({ statesFilter: ['Empty', 'Dead'] })).toEqual([simple]);
    if (apiVersion < 5) return;
    expect(await ids({ typesFilter: ['Classic'] })).toEqual([g, simple]);
    expect(await ids({ typesFilter: ['consumer'] })).toEqual([]);
  });

  test('says when a coordinator cannot answer', async () => {
    const broker = await started();
    await broker.commit(1);
    await broker.groups.stop();
    expect(await exchange(served(broker), 4, {})).toMatchObject({
      errorCode: COORDINATOR_NOT_AVAILABLE,
      groups: [],
    });
  });
});

describe('DescribeGroups', () => {
  const served = ({ describeGroups }: GroupCore): ServedApi =>
    describeGroupsHandler(describeGroups);

  test.each(versions(served))('v%d', async apiVersion => {
    const broker = await started();
    const memberId = await member(broker);
    const request = {
      groups: ['g', 'none'],
      ...(apiVersion >= 3 ? { includeAuthorizedOperations: true } : {}),
    };
    const dead = { groupId: 'none', groupState: 'Dead', members: [] };
    const told = {
      ...{ memberId, clientId: 'test', clientHost: '/127.0.0.1' },
      ...{ memberMetadata: METADATA, memberAssignment: Buffer.from('all') },
    };
    expect(await exchange(served(broker), apiVersion, request)).toMatchObject({
      groups: [
        {
          ...{ errorCode: 0, groupId: 'g', groupState: 'Stable', protocolType: 'consumer' },
          ...{ protocolData: 'range', members: [told] },
          // READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS by the codes of AclOperation.
          authorizedOperations: apiVersion >= 3 ? 0b1101_0100_1000 : -0x8000_0000,
        },
        apiVersion >= 6
          ? { ...dead, errorCode: GROUP_ID_NOT_FOUND, errorMessage: 'Group none not found.' }
          : { ...dead, errorCode: 0 },
      ],
    });
  });

  test('says why a group cannot be described', async () => {
    const broker = await started();
    await broker.commit(1);
    await broker.groups.stop();
    expect(await exchange(served(broker), 6, { groups: ['g'] })).toMatchObject({
      groups: [{ groupId: 'g', errorCode: COORDINATOR_NOT_AVAILABLE, members: [] }],
    });
  });
});
