import { expect } from 'vitest';
import { joinGroupHandler } from '../../src/adapters/transport/kafka/handlers/join-group.ts';
import { syncGroupHandler } from '../../src/adapters/transport/kafka/handlers/sync-group.ts';
import type { ServedApi } from '../../src/adapters/transport/kafka/registry.ts';
import { exchange, versionsOf } from './exchange.ts';
import { GroupCore } from './group-core.ts';
import { quiet } from './virtual-time.ts';

/** A subscription to `orders`, version 0. */
export const METADATA = Buffer.from('00000000000100066f7264657273ffffffff', 'hex');
export const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAABA';

/** A broker core with a topic of two partitions. */
export async function started(): Promise<GroupCore> {
  const broker = await GroupCore.start();
  await broker.core.topic('orders', {}, 2);
  return broker;
}

export function joinRequest(apiVersion: number, memberId = '', groupId = 'g'): object {
  return {
    groupId,
    memberId,
    ...{ sessionTimeoutMs: 10_000, protocolType: 'consumer' },
    ...(apiVersion >= 1 ? { rebalanceTimeoutMs: 20_000 } : {}),
    protocols: [{ name: 'range', metadata: METADATA }],
  };
}

export interface Joined {
  readonly errorCode: number;
  readonly memberId: string;
  readonly generationId: number;
}

/** Joins and syncs, in a version of each, and gives the member id; the group is stable then. */
export async function member(broker: GroupCore, groupId = 'g', joinVersion = 9): Promise<string> {
  const served = joinGroupHandler(broker.joinGroup);
  let memberId = '';
  if (joinVersion >= 4) {
    const first = await exchange(served, joinVersion, joinRequest(joinVersion, '', groupId));
    memberId = (first as Joined).memberId;
  }
  const joining = exchange(served, joinVersion, joinRequest(joinVersion, memberId, groupId));
  await quiet();
  broker.core.time.advance(3000);
  const joined = (await joining) as Joined;
  expect(joined.errorCode).toBe(0);
  const { memberId: id } = joined;
  const assignments = [{ memberId: id, assignment: Buffer.from('all') }];
  const request = { groupId, generationId: 1, memberId: id, assignments };
  await exchange(syncGroupHandler(broker.syncGroup), 3, request);
  return id;
}

/** Each version of an API, as a test of its own. */
export function versions(of: (broker: GroupCore) => ServedApi): [number][] {
  return versionsOf(of({} as GroupCore)).map(version => [version]);
}
