import { beforeEach, describe, expect, test } from 'vitest';
import { Produce } from '../../src/domain/use-cases/produce.ts';
import { FlushPolicy } from '../../src/domain/use-cases/runtime/flush-policy.ts';
import { StorageError } from '../../src/ports/log-storage.ts';
import { batch, BrokerCore, fetchCommand, wants } from '../support/broker-core.ts';
import { SegmentFilesHarness } from '../support/segment-files-harness.ts';
import { isAnswered, quiet } from '../support/virtual-time.ts';

let core: BrokerCore;

beforeEach(async () => {
  core = await BrokerCore.start();
  await core.topic('orders', {}, 2);
  await core.send(batch(['first']), { partition: 0 });
  core.storage.commits.length = 0;
});

describe('the answer to a produce request', () => {
  test.each([-1, 1])('with acks %i comes after its commit', async acks => {
    core.storage.holds = 'all commits';
    const sent = core.send(batch(['a']), { acks });
    expect(await isAnswered(sent)).toBe(false);
    core.storage.releaseAll();
    expect((await sent).baseOffset).toBe(1);
  });

  test('with acks 0 waits for nothing', async () => {
    core.storage.holds = 'all commits';
    expect((await core.send(batch(['a']), { acks: 0 })).error).toBeNull();
    expect(core.storage.commits).toEqual([false]);
  });

  test.each([
    ['acks-all', [true, false, false]],
    ['interval', [false, false, false]],
    ['never', [false, false, false]],
  ] as const)('with flush.policy %s asks for the disk as it says', async (policy, durable) => {
    core.flushPolicy = policy;
    for (const acks of [-1, 1, 0]) await core.send(batch(['a']), { acks });
    expect(core.storage.commits).toEqual(durable);
  });

  test('of a duplicate comes after a commit as it asks for, though the first was not durable', async () => {
    const again = () => batch(['a'], { producer: { id: 7, epoch: 0, baseSequence: 0 } });
    await core.send(again(), { acks: 1 });
    core.storage.holds = 'durable commits';
    const sent = core.send(again());
    expect(await isAnswered(sent)).toBe(false);
    core.storage.releaseAll();
    expect((await sent).baseOffset).toBe(1);
  });

  test('is a failure at once when a mistake of ours comes to light behind a commit that waits', async () => {
    core.storage.holds = 'all commits';
    const partitions = [0, 1].map(partition => {
      return { topic: 'orders', topicId: null, partition, records: batch(['a']) };
    });
    const command = { acks: 1, timeoutMs: 1000, transactionalId: null, zstdAllowed: true };
    const sent = core.produce.execute({ ...command, partitions });
    await quiet();
    core.storage.held[1]!.fail(new TypeError('our mistake') as never);
    await expect(sent).rejects.toThrow('our mistake');
    core.storage.releaseAll();
  });

  test('is a failure, and no more than that, when a mistake of ours comes to light before its turn', async () => {
    const { registry, time } = core;
    const intake = { admit: () => Promise.reject(new TypeError('our mistake')) } as never;
    const flushPolicy = new FlushPolicy(() => 'never');
    const produce = new Produce({ registry, intake, flushPolicy, clock: time, timers: time });
    core.storage.holds = 'openings';
    const partitions = [{ topic: 'orders', topicId: null, partition: 1, records: batch(['a']) }];
    const command = { acks: 1, timeoutMs: 1000, transactionalId: null, zstdAllowed: true };
    const unheard: unknown[] = [];
    const hear = (error: unknown): void => void unheard.push(error);
    process.once('unhandledRejection', hear);
    const sent = produce.execute({ ...command, partitions });
    await quiet();
    process.off('unhandledRejection', hear);
    core.storage.releaseAll();
    await expect(sent).rejects.toThrow('our mistake');
    expect(unheard).toEqual([]);
  });

  test('comes at its deadline when the disk does not answer, and the batch may come yet', async () => {
    core.storage.holds = 'durable commits';
    const sent = core.send(batch(['late']), { timeoutMs: 500 });
    await quiet();
    core.time.advance(499);
    expect(await isAnswered(sent)).toBe(false);
    core.time.advance(1);
    expect((await sent).error).toBe('REQUEST_TIMED_OUT');
    core.storage.releaseAll();
    await quiet();
    expect(await core.values()).toEqual(['first', 'late']);
  });

  test('leaves no timer behind', async () => {
    await core.send(batch(['a']), { timeoutMs: 500 });
    expect(core.time.pending).toBe(0);
  });
});

describe('records', () => {
  test('are not seen before their commit, nor beyond one that is under way', async () => {
    core.storage.holds = 'durable commits';
    const slow = core.send(batch(['slow']));
    const quick = core.send(batch(['quick']), { acks: 1 });
    expect((await quick).baseOffset).toBe(2);
    const { highWatermark, records } = await core.read(1);
    expect([highWatermark, records.length]).toEqual([1, 0]);
    expect(await core.values()).toEqual(['first']);
    core.storage.releaseAll();
    await slow;
    expect(await core.values()).toEqual(['first', 'slow', 'quick']);
  });

  test('are seen as soon as they are committed, also while later ones are not', async () => {
    core.storage.holds = 'all commits';
    const sent = [core.send(batch(['a'])), core.send(batch(['b']))];
    await quiet();
    const [first, second] = core.storage.held.splice(0);
    second!.release();
    await quiet();
    expect((await core.read()).highWatermark).toBe(1);
    first!.release();
    await Promise.all(sent);
    expect((await core.read()).highWatermark).toBe(3);
  });

  test('that are flushed in the background are seen while the disk works', async () => {
    await core.send(batch(['a']), { acks: 1 });
    core.storage.holds = 'durable commits';
    core.registry.flush();
    await core.send(batch(['b']), { acks: 1 });
    expect(await core.values()).toEqual(['first', 'a', 'b']);
    expect(core.storage.held.map(({ durable }) => durable)).toEqual([true]);
    core.registry.flush();
    expect(core.storage.held.length).toBe(2);
    core.registry.flush();
    expect(core.storage.held.length).toBe(2);
  });
});

describe('a store that fails', () => {
  const failed = new StorageError('failed', 'no space left on device');

  const failCommit = async (
    error: StorageError,
    records = batch(['lost']),
  ): Promise<string | null> => {
    core.storage.holds = 'all commits';
    const sent = core.send(records);
    await quiet();
    core.storage.held.splice(0)[0]!.fail(error);
    core.storage.holds = 'nothing';
    return (await sent).error;
  };

  test('takes one partition offline; it is read on, and the others go on', async () => {
    expect(await failCommit(failed)).toBe('KAFKA_STORAGE_ERROR');
    expect((await core.send(batch(['more']))).error).toBe('KAFKA_STORAGE_ERROR');
    expect(await core.values()).toEqual(['first']);
    expect((await core.send(batch(['other']), { partition: 1 })).error).toBeNull();
    expect(core.logger.lines.map(({ level, facts }) => [level, facts['partition']])).toEqual([
      ['error', 0],
    ]);
  });

  test('answers all who wait, once each', async () => {
    core.storage.holds = 'all commits';
    const sent = [core.send(batch(['a'])), core.send(batch(['b']), { acks: 1 })];
    await quiet();
    for (const commit of core.storage.held.splice(0)) commit.fail(failed);
    const errors = (await Promise.all(sent)).map(({ error }) => error);
    expect(errors).toEqual(['KAFKA_STORAGE_ERROR', 'KAFKA_STORAGE_ERROR']);
    expect(core.logger.lines.length).toBe(1);
  });

  test('that refuses an append costs that partition alone', async () => {
    await core.send(batch(['first']), { partition: 1 });
    core.storage.failNextAppend = failed;
    const outcomes = await core.produce.execute({
      acks: -1,
      timeoutMs: 1000,
      transactionalId: null,
      zstdAllowed: true,
      partitions: [0, 1].map(partition => {
        return { topic: 'orders', topicId: null, partition, records: batch(['a']) };
      }),
    });
    expect(outcomes.map(({ error }) => error)).toEqual(['KAFKA_STORAGE_ERROR', null]);
    expect((await core.send(batch(['more']))).error).toBe('KAFKA_STORAGE_ERROR');
  });

  test('in the background takes the partition offline as well', async () => {
    await core.send(batch(['a']), { acks: 1 });
    core.storage.holds = 'durable commits';
    core.registry.flush();
    core.storage.held.splice(0)[0]!.fail(failed);
    await quiet();
    expect(core.logger.lines.length).toBe(1);
    core.storage.holds = 'nothing';
    expect((await core.send(batch(['b']), { acks: 1 })).error).toBe('KAFKA_STORAGE_ERROR');
  });

  test('with acks 0 fails the next request, and nothing else', async () => {
    core.storage.holds = 'all commits';
    expect((await core.send(batch(['a']), { acks: 0 })).error).toBeNull();
    core.storage.held.splice(0)[0]!.fail(failed);
    await quiet();
    expect((await core.send(batch(['b']), { acks: 0 })).error).toBe('KAFKA_STORAGE_ERROR');
  });

  test('because another writer has the log is refused for good, reads too', async () => {
    const next = await core.restart();
    await next.send(batch(['of the next']));
    const sent = await core.send(batch(['of the old']));
    expect(sent.error).toBe('NOT_LEADER_OR_FOLLOWER');
    expect((await core.read()).error).toBe('NOT_LEADER_OR_FOLLOWER');
    const query = { topic: 'orders', topicId: null, partition: 0, currentLeaderEpoch: -1 };
    const [earliest] = await core.listOffsets.execute([{ ...query, spec: 'earliest' }]);
    const [end] = await core.offsetForLeaderEpoch.execute([{ ...query, leaderEpoch: 1 }]);
    const [deleted] = await core.deleteRecords.execute([{ ...query, offset: -1 }]);
    for (const answer of [earliest, end, deleted]) {
      expect(answer!.error).toBe('NOT_LEADER_OR_FOLLOWER');
    }
    expect(await next.values()).toEqual(['first', 'of the next']);
  });

  test('without knowing what it wrote is opened again, to see', async () => {
    expect(await failCommit(new StorageError('outcome-unknown', 'no answer'))).toBe(
      'REQUEST_TIMED_OUT',
    );
    expect(await core.values()).toEqual(['first']);
    expect((await core.send(batch(['second']))).baseOffset).toBe(1);
    expect(await core.values()).toEqual(['first', 'second']);
  });

  test.each([
    ['outcome-unknown', async () => core],
    ['failed', async () => core.restart()],
  ] as const)('(%s) leaves no memory of a batch that is not there', async (code, again) => {
    const records = () => batch(['once'], { producer: { id: 7, epoch: 0, baseSequence: 0 } });
    await failCommit(new StorageError(code, 'gone'), records());
    core = await again();
    expect((await core.send(records())).baseOffset).toBe(1);
    expect((await core.send(records())).baseOffset).toBe(1);
    expect(await core.values()).toEqual(['first', 'once']);
  });

  test('cannot be opened: the answer says so, and the next one may be another', async () => {
    const topic = await core.topic('later');
    const key = { topicId: topic.id, partition: 0, topic: 'later' };
    await core.storage.open(key, core.metadata.epoch + 1, topic);
    const { error } = await core.send(batch(['a']), { topic: 'later' });
    expect(error).toBe('NOT_LEADER_OR_FOLLOWER');
    await core.storage.remove(key);
    expect((await core.send(batch(['a']), { topic: 'later' })).error).toBeNull();
  });
});

describe('power loss', () => {
  test.each(['lose-all', 'keep-prefix'] as const)(
    '%s: what acks=all answered is there',
    async mode => {
      const harness = new SegmentFilesHarness();
      core = await BrokerCore.start(await harness.open());
      await core.topic('orders');
      const sent = [core.send(batch(['a'])), core.send(batch(['b'])), core.send(batch(['c']))];
      for (const { error } of await Promise.all(sent)) expect(error).toBeNull();
      harness.fileSystem.crash(mode);
      core = await BrokerCore.start(await harness.open());
      expect(await core.values()).toEqual(['a', 'b', 'c']);
    },
  );

  test('loses what only acks=1 answered, and offsets go on from there', async () => {
    const harness = new SegmentFilesHarness();
    core = await BrokerCore.start(await harness.open());
    await core.topic('orders');
    await core.send(batch(['kept']));
    await core.send(batch(['lost']), { acks: 1 });
    expect(await core.values()).toEqual(['kept', 'lost']);
    harness.fileSystem.crash('lose-all');
    core = await BrokerCore.start(await harness.open());
    expect(await core.values()).toEqual(['kept']);
    expect((await core.send(batch(['next']))).baseOffset).toBe(1);
  });

  test('a sync that fails is answered as a storage error; reads go on', async () => {
    const harness = new SegmentFilesHarness();
    core = await BrokerCore.start(await harness.open());
    await core.topic('orders');
    await core.send(batch(['kept']));
    harness.fileSystem.failNth('sync', 1, 'EIO', /\.log$/);
    expect((await core.send(batch(['lost']))).error).toBe('KAFKA_STORAGE_ERROR');
    const wait = core.fetch.execute(fetchCommand([wants({ fetchOffset: 1 })], { maxWaitMs: 100 }));
    await quiet();
    core.time.advance(100);
    expect((await wait).answers[0]!.records.length).toBe(0);
    expect(await core.values()).toEqual(['kept']);
  });
});
