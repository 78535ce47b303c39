import { describe, expect, test } from 'vitest';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import { partitionFor } from '../../src/domain/model/group/group-partition.ts';
import { batchesIn } from '../../src/domain/model/log/record-batch.ts';
import { DeleteTopics } from '../../src/domain/use-cases/delete-topics.ts';
import { StorageError } from '../../src/ports/log-storage.ts';
import { FailingLogStorage } from '../support/failing-log-storage.ts';
import { GroupCore } from '../support/group-core.ts';
import { isAnswered, quiet } from '../support/virtual-time.ts';

const PARTITION_OF_G = 3;

/** Another group of the same coordinator. */
function neighbour(groupId: string): string {
  for (let at = 0; ; at++) {
    if (partitionFor(`n${at}`, 50) === partitionFor(groupId, 50)) return `n${at}`;
  }
}

async function started(disk = new MemoryLogStorage()): Promise<GroupCore> {
  const broker = await GroupCore.start(disk);
  await broker.core.topic('orders');
  return broker;
}

/** One member in a stable group. */
async function stableMember(broker: GroupCore): Promise<string> {
  const joining = broker.join();
  await quiet();
  broker.core.time.advance(3000);
  const { memberId, generationId } = await joining;
  await sync(broker, memberId, generationId);
  return memberId;
}

function sync(broker: GroupCore, memberId: string, generationId: number) {
  const assignments = [{ memberId, assignment: Buffer.from('all') }];
  const protocol = { protocolType: 'consumer', protocolName: 'range' };
  return broker.syncGroup.execute(
    { groupId: 'g', memberId, instanceId: null, generationId, ...protocol, assignments },
    new AbortController().signal,
  );
}

const beat = (broker: GroupCore, memberId: string, generationId = 1) =>
  broker.heartbeat.execute({ groupId: 'g', memberId, instanceId: null, generationId });

async function stateOf(broker: GroupCore): Promise<string | null> {
  const [described] = await broker.describeGroups.execute(['g']);
  return described!.error ?? described!.group!.state;
}

describe('the offsets topic', () => {
  test('is created on first need, compacted, and kept as it is', async () => {
    const broker = await started();
    expect(await broker.listGroups.execute({ states: [], types: [] })).toEqual([]);
    expect(broker.core.metadata.state.topicNamed('__consumer_offsets')).toBeUndefined();
    const node = await broker.findCoordinator.execute('group', 'g');
    expect(node).toEqual({ id: 1, host: 'here', port: 9092 });
    const topic = broker.core.metadata.state.topicNamed('__consumer_offsets')!;
    expect(topic.partitionCount).toBe(50);
    expect(topic.settings['cleanup.policy']).toEqual(['compact']);
    expect(topic.internal).toBe(true);
  });

  test('of a group whose coordinator is asked for twice at once is created once', async () => {
    const broker = await started();
    expect(await Promise.all([broker.commit(1), broker.commit(2, 'other')])).toEqual([null, null]);
    expect(await broker.committed()).toBe(1);
    expect(await broker.committed('other')).toBe(2);
  });

  test('is not for producers', async () => {
    const broker = await started();
    await broker.commit(1);
    const { error } = await broker.core.send(Buffer.alloc(0), { topic: '__consumer_offsets' });
    expect(error).toBe('INVALID_TOPIC_EXCEPTION');
  });

  test('holds one record for each commit, in the partition that its hash says', async () => {
    const broker = await started();
    await broker.commit(1);
    await broker.commit(2);
    const where = { topic: '__consumer_offsets', partition: PARTITION_OF_G };
    const { records } = await broker.core.read(0, where);
    expect([...batchesIn(records)].map(({ recordCount }) => recordCount)).toEqual([1, 1]);
  });
});

describe('an answer', () => {
  test('waits for the disk', async () => {
    const broker = await started();
    await broker.commit(1);
    broker.core.storage.holds = 'durable commits';
    const commit = broker.commit(2);
    expect(await isAnswered(commit)).toBe(false);
    broker.core.storage.releaseAll();
    expect(await commit).toBe(null);
  });

  test('does not wait for the disk where the flush policy does not', async () => {
    const broker = await started();
    broker.core.flushPolicy = 'never';
    await broker.commit(1);
    broker.core.storage.holds = 'durable commits';
    expect(await broker.commit(2)).toBe(null);
  });

  test('that rests on what is not on disk yet waits as well', async () => {
    const broker = await started();
    await broker.commit(1);
    broker.core.storage.holds = 'durable commits';
    const commit = broker.commit(2);
    const fetch = broker.committed();
    expect(await isAnswered(fetch)).toBe(false);
    broker.core.storage.releaseAll();
    expect(await fetch).toBe(2);
    await commit;
  });

  test('is not there for a client that is gone', async () => {
    const broker = await started();
    const client = new AbortController();
    const join = broker.join({}, client.signal);
    expect(await isAnswered(join)).toBe(false);
    client.abort();
    await expect(join).rejects.toMatchObject({ code: 'COORDINATOR_NOT_AVAILABLE' });
    await expect(broker.join({}, client.signal)).rejects.toMatchObject({
      code: 'COORDINATOR_NOT_AVAILABLE',
    });
  });
});

describe('illegal requests', () => {
  test.each(['', 'g'])('to group "%s"', async groupId => {
    const broker = await started();
    const code = groupId === '' ? 'INVALID_GROUP_ID' : 'INVALID_SESSION_TIMEOUT';
    const claim = { groupId, memberId: 'm', instanceId: null, generationId: 1 };
    for (const sessionTimeoutMs of [5999, 1_800_001]) {
      await expect(broker.join({ groupId, sessionTimeoutMs })).rejects.toMatchObject({ code });
    }
    if (groupId !== '') return;
    const signal = new AbortController().signal;
    const protocol = { protocolType: null, protocolName: null, assignments: [] };
    const refused = { code: 'INVALID_GROUP_ID' };
    const { heartbeat, leaveGroup, syncGroup, deleteOffsets } = broker;
    await expect(heartbeat.execute(claim)).rejects.toMatchObject(refused);
    await expect(leaveGroup.execute({ groupId, members: [] })).rejects.toMatchObject(refused);
    await expect(syncGroup.execute({ ...claim, ...protocol }, signal)).rejects.toMatchObject(
      refused,
    );
    await expect(deleteOffsets.execute({ groupId, partitions: [] })).rejects.toMatchObject(refused);
  });

  test('commits for partitions that are not there do not keep the others', async () => {
    const broker = await started();
    const given = { topicId: null, leaderEpoch: null, metadata: '', offset: 5 };
    const errors = await broker.commitOffsets.execute({
      ...{ groupId: 'g', memberId: '', instanceId: null, generationId: -1 },
      ...{ retentionMs: null, knowsMissingGroup: true },
      offsets: [
        { ...given, topic: 'none', partition: 0 },
        { ...given, topic: 'orders', partition: 0 },
        { ...given, topic: 'orders', partition: 1 },
        { ...given, topic: null, topicId: 'AAAAAAAAAAAAAAAAAAAABA', partition: 0 },
      ],
    });
    const missing = 'UNKNOWN_TOPIC_OR_PARTITION';
    expect(errors).toEqual([missing, null, missing, 'UNKNOWN_TOPIC_ID']);
    expect(await broker.committed()).toBe(5);
  });
});

describe('a restart', () => {
  test('finds offsets, groups and their generations', async () => {
    const broker = await started();
    await broker.commit(7, 'simple');
    const memberId = await stableMember(broker);
    const next = await broker.restart();
    expect(await next.committed('simple')).toBe(7);
    expect(await stateOf(next)).toBe('Stable');
    expect(await beat(next, memberId)).toEqual({ error: null });
    const listed = await next.listGroups.execute({ states: [], types: [] });
    expect(listed.map(({ groupId }) => groupId).sort()).toEqual(['g', 'simple']);
  });

  test('loads in the background what is stored, so that silent members are noticed', async () => {
    const broker = await started();
    await stableMember(broker);
    const next = await broker.restart();
    await next.groups.start();
    next.core.time.advance(10_000);
    await quiet();
    expect(await stateOf(next)).toBe('Empty');
  });

  test('forgets offsets of topics that were deleted while nobody coordinated', async () => {
    const broker = await started();
    await broker.commit(7);
    await broker.groups.stop();
    await deleteTopicsOf(broker, 'orders');
    expect(await (await broker.restart()).committed()).toBe(-1);
  });
});

async function deleteTopicsOf({ core }: GroupCore, name: string): Promise<void> {
  const deleteTopics = new DeleteTopics(core.metadata, core.registry, core.logger);
  await deleteTopics.execute([{ name, topicId: null }]);
}

describe('a topic that is deleted', () => {
  test('takes the offsets of it along', async () => {
    const broker = await started();
    await broker.commit(7);
    await deleteTopicsOf(broker, 'orders');
    await broker.core.topic('orders');
    expect(await broker.committed()).toBe(-1);
    const next = await broker.restart();
    expect(await next.committed()).toBe(-1);
  });

  test('takes them along from groups that are not loaded, whatever topic has its name then', async () => {
    const broker = await started();
    await broker.commit(7);
    const next = await broker.restart();
    next.core.storage.holds = 'openings';
    await deleteTopicsOf(next, 'orders');
    await next.core.topic('orders');
    await quiet();
    next.core.storage.releaseAll();
    await quiet();
    expect(await next.committed()).toBe(-1);
  });
});

describe('deleting much', () => {
  test('is written in batches that the topic allows, and all of it is gone', async () => {
    const broker = await started();
    await broker.core.topic('wide', {}, 9_000);
    const given = { topic: 'wide', topicId: null, leaderEpoch: null, metadata: '', offset: 5 };
    for (let from = 0; from < 9_000; from += 3_000) {
      const offsets = Array.from({ length: 3_000 }, (_, at) => ({
        ...given,
        partition: from + at,
      }));
      const claim = { groupId: 'g', memberId: '', instanceId: null, generationId: -1 };
      const rest = { retentionMs: null, knowsMissingGroup: true };
      const errors = await broker.commitOffsets.execute({ ...claim, ...rest, offsets });
      expect(errors.every(error => error === null)).toBe(true);
    }
    const topic = broker.core.metadata.state.topicNamed('__consumer_offsets')!;
    topic.configure(
      new Map([['max.message.bytes', '100000']]),
      broker.core.metadata.state.broker.topicDefault,
    );
    expect(await broker.deleteGroups.execute(['g'])).toEqual([{ groupId: 'g', error: null }]);
    const where = { topic: '__consumer_offsets', partition: PARTITION_OF_G, maxBytes: 10_000_000 };
    const { records } = await broker.core.read(9_000, where);
    const sizes = [...batchesIn(records)].map(({ sizeInBytes }) => sizeInBytes);
    expect(sizes.length).toBeGreaterThan(3);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100_000);
    expect(await stateOf(await broker.restart())).toBe('Dead');
  });
});

describe('when the log fails', () => {
  test.each([
    ['failed', 'NOT_COORDINATOR'],
    ['outcome-unknown', 'COORDINATOR_NOT_AVAILABLE'],
  ] as const)(
    'a commit that is %s is answered with %s, and so is whoever waits',
    async (code, name) => {
      const disk = new FailingLogStorage(new MemoryLogStorage());
      const broker = await GroupCore.start(disk);
      await broker.core.topic('orders');
      await broker.commit(1);
      const join = broker.join({ groupId: neighbour('g') });
      await quiet();
      disk.failNextCommit = new StorageError(code, 'the disk is full');
      const commit = broker.commit(2);
      await expect(commit).rejects.toMatchObject({ code: name });
      await expect(join).rejects.toMatchObject({ code: name });
      expect(broker.core.time.pending).toBe(0);
    },
  );

  test('the coordinator is loaded anew once its log can be opened again', async () => {
    const disk = new FailingLogStorage(new MemoryLogStorage());
    const broker = await GroupCore.start(disk);
    await broker.core.topic('orders');
    await broker.commit(1);
    disk.failNextCommit = new StorageError('outcome-unknown', 'who knows');
    await expect(broker.commit(2)).rejects.toMatchObject({ code: 'COORDINATOR_NOT_AVAILABLE' });
    expect(await broker.committed()).toBe(1);
    expect(await broker.commit(3)).toBe(null);
    expect(await broker.committed()).toBe(3);
  });

  test('an append that is refused changes nothing that anybody hears of', async () => {
    const broker = await started();
    await broker.commit(1);
    broker.core.storage.failNextAppend = new StorageError('outcome-unknown', 'who knows');
    await expect(broker.commit(2)).rejects.toMatchObject({ code: 'COORDINATOR_NOT_AVAILABLE' });
    expect(await broker.committed()).toBe(1);
  });

  test('a damaged log is said, not skipped', async () => {
    const disk = new FailingLogStorage(new MemoryLogStorage());
    const broker = await GroupCore.start(disk);
    await broker.core.topic('orders');
    await broker.commit(1);
    const next = await broker.restart();
    // In the time of the commit: nothing but the checksum tells.
    disk.onRead = bytes => bytes.fill(0xee, bytes.length - 5, bytes.length - 4);
    await expect(next.commit(2)).rejects.toMatchObject({ code: 'UNKNOWN_SERVER_ERROR' });
    expect(next.core.logger.lines.map(({ message }) => message)).toEqual([
      'a part of a log is damaged: it is not handed out, and the rest is',
      'a coordinator failed',
    ]);
    disk.onRead = () => undefined;
    expect(await next.commit(2)).toBe(null);
    expect(await next.committed()).toBe(2);
  });
});

describe('while a coordinator is loaded', () => {
  test('requests wait a second, and then are told so; heartbeats are told that all is well', async () => {
    const broker = await started();
    const memberId = await stableMember(broker);
    const next = await broker.restart();
    next.core.storage.holds = 'openings';
    const commit = next.commit(1);
    const heartbeat = beat(next, memberId);
    await quiet();
    next.core.time.advance(999);
    expect(await isAnswered(commit)).toBe(false);
    next.core.time.advance(1);
    await expect(commit).rejects.toMatchObject({ code: 'COORDINATOR_LOAD_IN_PROGRESS' });
    expect(await heartbeat).toEqual({ error: null });
    const late = beat(next, memberId);
    await quiet();
    next.core.storage.releaseAll();
    expect(await late).toEqual({ error: null });
  });
});

describe('at the end', () => {
  test('what is under way is answered, the rest is sent away, and nothing ticks any more', async () => {
    const broker = await started();
    await broker.commit(1);
    const join = broker.join({ groupId: neighbour('g') });
    await quiet();
    broker.core.storage.holds = 'durable commits';
    const commit = broker.commit(2);
    await quiet();
    const stopping = broker.groups.stop();
    expect(await isAnswered(stopping)).toBe(false);
    broker.core.storage.releaseAll();
    expect(await commit).toBe(null);
    await expect(join).rejects.toMatchObject({ code: 'COORDINATOR_NOT_AVAILABLE' });
    await stopping;
    await expect(broker.commit(3)).rejects.toMatchObject({ code: 'COORDINATOR_NOT_AVAILABLE' });
    expect(broker.core.time.pending).toBe(0);
  });
});
