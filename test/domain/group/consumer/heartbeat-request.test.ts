import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../../../src/domain/model/error.ts';
import type { ConsumerHeartbeat } from '../../../../src/domain/model/group/consumer/heartbeat-request.ts';
import { textTable } from '../../../support/text-table.ts';
import { ConsumerWorld } from './consumer-world.ts';

function answerTo(request: Partial<ConsumerHeartbeat>): string {
  const world = new ConsumerWorld();
  world.topic('orders', 1);
  try {
    world.heartbeat(request);
    return 'ok';
  } catch (error) {
    if (error instanceof BrokerError) return error.code;
    throw error;
  }
}

const JOIN = {
  memberId: 'm',
  memberEpoch: 0,
  rebalanceTimeoutMs: 1,
  subscribedTopics: ['orders'],
  owned: [],
};

describe('a heartbeat', () => {
  // GroupMetadataManager.throwIfConsumerGroupHeartbeatRequestIsInvalid
  test.each(
    textTable(`
      {}                                                  | ok
      { "groupId": "" }                                   | INVALID_REQUEST
      { "groupId": "  " }                                 | INVALID_REQUEST
      { "instanceId": "" }                                | INVALID_REQUEST
      { "rackId": "" }                                    | INVALID_REQUEST
      { "memberId": "" }                                  | INVALID_REQUEST
      { "memberId": "", "bringsMemberId": false }         | ok
      { "memberId": "", "bringsMemberId": false, "memberEpoch": 1 }  | INVALID_REQUEST
      { "memberId": "", "bringsMemberId": false, "memberEpoch": -1 } | INVALID_REQUEST
      { "rebalanceTimeoutMs": -1 }                        | INVALID_REQUEST
      { "owned": null }                                   | INVALID_REQUEST
      { "owned": [{ "topicId": "t", "partitions": [0] }] } | INVALID_REQUEST
      { "subscribedTopics": null }                        | INVALID_REQUEST
      { "subscribedTopics": [] }                          | ok
      { "subscribedTopics": null, "subscribedRegex": "" } | ok
      { "memberEpoch": -2 }                               | INVALID_REQUEST
      { "memberEpoch": -2, "instanceId": "i" }            | GROUP_ID_NOT_FOUND
      { "memberEpoch": -3 }                               | INVALID_REQUEST
      { "serverAssignor": "sticky" }                      | UNSUPPORTED_ASSIGNOR
      { "serverAssignor": "" }                            | UNSUPPORTED_ASSIGNOR
      { "serverAssignor": "range" }                       | ok
    `),
  )('%s is %s', (change, answer) => {
    expect(answerTo({ ...JOIN, ...(JSON.parse(change) as object) })).toBe(answer);
  });

  test('of a member without an id is answered with one', () => {
    const world = new ConsumerWorld();
    const answer = world.heartbeat({ ...JOIN, memberId: '', bringsMemberId: false });
    expect(answer).toMatchObject({
      memberId: 'made-1',
      memberEpoch: 1,
      heartbeatIntervalMs: 5_000,
    });
    expect([...world.groups.get('g')!.members.keys()]).toEqual(['made-1']);
  });
});
