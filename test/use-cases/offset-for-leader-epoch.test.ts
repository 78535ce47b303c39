import { beforeEach, describe, expect, test } from 'vitest';
import type { EpochQuery } from '../../src/domain/use-cases/offset-for-leader-epoch.ts';
import { batch, BrokerCore } from '../support/broker-core.ts';
import { SegmentFilesHarness } from '../support/segment-files-harness.ts';

let core: BrokerCore;

beforeEach(async () => {
  core = await BrokerCore.start();
});

async function endOf(given: Partial<EpochQuery>): Promise<string> {
  const query = {
    topic: 'orders',
    topicId: null,
    partition: 0,
    leaderEpoch: 1,
    currentLeaderEpoch: -1,
    ...given,
  };
  const [end] = await core.offsetForLeaderEpoch.execute([query]);
  return end!.error ?? `${end!.leaderEpoch} to ${end!.endOffset}`;
}

describe('the end of a leader epoch', () => {
  test('is known for every epoch that wrote, across restarts', async () => {
    await core.topic('orders');
    await core.send(batch(['a', 'b']));
    core = await core.restart();
    core = await core.restart();
    await core.send(batch(['c']));
    core = await core.restart();
    expect(await endOf({ leaderEpoch: 1 })).toBe('1 to 2');
    expect(await endOf({ leaderEpoch: 2 })).toBe('1 to 2');
    expect(await endOf({ leaderEpoch: 3 })).toBe('3 to 3');
    expect(await endOf({ leaderEpoch: 4 })).toBe('4 to 3');
    await core.send(batch(['d']));
    expect(await endOf({ leaderEpoch: 4 })).toBe('4 to 4');
    expect(await endOf({ leaderEpoch: 5 })).toBe('-1 to -1');
    expect(await endOf({ leaderEpoch: -1 })).toBe('-1 to -1');
  });

  test('is where the log was cut by a crash', async () => {
    const harness = new SegmentFilesHarness();
    core = await BrokerCore.start(await harness.open());
    await core.topic('orders');
    await core.send(batch(['a', 'b']));
    await core.send(batch(['lost']), { acks: 1 });
    expect(await endOf({ leaderEpoch: 1 })).toBe('1 to 3');
    harness.fileSystem.crash('lose-all');
    core = await BrokerCore.start(await harness.open());
    expect(await endOf({ leaderEpoch: 1 })).toBe('1 to 2');
  });

  test('is refused to who takes another epoch for the current one', async () => {
    await core.topic('orders');
    expect(await endOf({ currentLeaderEpoch: 0 })).toBe('FENCED_LEADER_EPOCH');
    expect(await endOf({ currentLeaderEpoch: 2 })).toBe('UNKNOWN_LEADER_EPOCH');
    expect(await endOf({ currentLeaderEpoch: 1 })).toBe('1 to 0');
    expect(await endOf({ topic: 'nowhere' })).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  });
});
