import { beforeEach, describe, expect, test } from 'vitest';
import { StartPositions } from '../../src/domain/use-cases/runtime/start-positions.ts';
import { SeekGroup, type SeekGroupCommand } from '../../src/domain/use-cases/seek-group.ts';
import { batch } from '../support/broker-core.ts';
import { GroupCore } from '../support/group-core.ts';
import { quiet } from '../support/virtual-time.ts';

const NOW = 1_700_000_000_000;
let groups: GroupCore;

beforeEach(async () => {
  groups = await GroupCore.start();
  await groups.core.topic('orders', {}, 2);
  await groups.core.send(batch([1, 2, 3].map(time => ({ timestamp: NOW + time }))));
});

function seek(given: Partial<SeekGroupCommand> = {}) {
  const { metadata, listOffsets } = groups.core;
  const starts = new StartPositions(listOffsets);
  const useCase = new SeekGroup({ ...groups, topics: metadata.state, starts });
  const command = { groupId: 'g', topic: 'orders', partition: 0, to: 'start', dryRun: false };
  return useCase.execute({ ...command, ...given } as SeekGroupCommand);
}

const moved = (from: number | null, to: number, partition = 0) => {
  return { topic: 'orders', partition, from, to };
};

describe('moving the offsets of a group', () => {
  test('tells what would move, and moves nothing, in a dry run', async () => {
    await groups.commit(2);
    expect(await seek({ dryRun: true })).toEqual([moved(2, 0)]);
    expect(await groups.committed()).toBe(2);
  });

  test.each([
    ['start', 0],
    ['end', 3],
    [{ offset: 1 }, 1],
    [{ offset: 99 }, 3],
    [{ timestamp: NOW + 2 }, 1],
    [{ timestamp: NOW + 9 }, 3],
  ] as const)('to %j', async (to, offset) => {
    await groups.commit(2);
    expect(await seek({ to })).toEqual([moved(2, offset)]);
    expect(await groups.committed()).toBe(offset);
  });

  test('moves all partitions where none is named, and begins a group that is not there', async () => {
    expect(await seek({ partition: null, to: 'end' })).toEqual([moved(null, 3), moved(null, 0, 1)]);
    expect(await groups.committed()).toBe(3);
  });

  test('is refused while the group has members', async () => {
    await groups.commit(2);
    const joining = groups.join();
    await quiet();
    groups.core.time.advance(3_000);
    await joining;
    await expect(seek()).rejects.toMatchObject({ code: 'NON_EMPTY_GROUP' });
    expect(await groups.committed()).toBe(2);
  });

  test('is refused for a topic or a partition that is not there', async () => {
    const unknown = { code: 'UNKNOWN_TOPIC_OR_PARTITION' };
    await expect(seek({ topic: 'nope' })).rejects.toMatchObject(unknown);
    await expect(seek({ partition: 2 })).rejects.toMatchObject(unknown);
    expect(await groups.committed()).toBe(-1);
  });
});
