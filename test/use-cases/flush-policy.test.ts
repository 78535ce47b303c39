import { beforeEach, describe, expect, test } from 'vitest';
import {
  FlushPolicy,
  type FlushPolicyName,
} from '../../src/domain/use-cases/runtime/flush-policy.ts';
import { batch, BrokerCore } from '../support/broker-core.ts';
import { isAnswered } from '../support/virtual-time.ts';

let core: BrokerCore;
let policy: FlushPolicyName;
let intervalMs: number;
let stop: () => void;

beforeEach(async () => {
  core = await BrokerCore.start();
  policy = core.flushPolicy = 'interval';
  intervalMs = 100;
  await core.topic('orders', {}, 2);
  stop = new FlushPolicy(() => policy).startBackground(core.registry, core.time, () => intervalMs);
});

/** How many syncs there were since the last question. */
const syncs = (): number => core.storage.commits.splice(0).filter(durable => durable).length;
const sendTo = (partition: number) => core.send(batch(['a']), { partition });

describe('the flush in the background', () => {
  test('syncs, every interval, each log that has something new', async () => {
    await sendTo(0);
    await sendTo(0);
    core.time.advance(99);
    expect(syncs()).toBe(0);
    core.time.advance(1);
    expect(syncs()).toBe(1);
    core.time.advance(1000);
    expect(syncs()).toBe(0);
    await sendTo(0);
    await sendTo(1);
    core.time.advance(100);
    expect(syncs()).toBe(2);
  });

  test('follows its settings as they change', async () => {
    await sendTo(0);
    policy = 'never';
    core.time.advance(100);
    expect(syncs()).toBe(0);
    policy = 'interval';
    intervalMs = 1000;
    core.time.advance(100);
    expect(syncs()).toBe(1);
    await sendTo(0);
    core.time.advance(999);
    expect(syncs()).toBe(0);
    core.time.advance(1);
    expect(syncs()).toBe(1);
  });

  test('syncs what has waited for the flush.ms of its topic, whatever the policy', async () => {
    policy = 'never';
    const topic = core.metadata.state.topicNamed('orders')!;
    topic.configure(new Map([['flush.ms', '250']]), core.metadata.state.broker.topicDefault);
    core.flushPolicy = 'never';
    await sendTo(0);
    core.time.advance(200);
    expect(syncs()).toBe(0);
    await sendTo(0);
    core.time.advance(100);
    expect(syncs()).toBe(1);
    core.time.advance(1000);
    expect(syncs()).toBe(0);
  });

  test('ends when it is told to', async () => {
    await sendTo(0);
    stop();
    expect(core.time.pending).toBe(0);
    core.time.advance(1000);
    expect(syncs()).toBe(0);
  });
});

describe('flush.messages', () => {
  test('has every so many records forced to disk before they are answered', async () => {
    core.flushPolicy = policy = 'never';
    const topic = core.metadata.state.topicNamed('orders')!;
    topic.configure(new Map([['flush.messages', '3']]), core.metadata.state.broker.topicDefault);
    await sendTo(0);
    await sendTo(0);
    expect(syncs()).toBe(0);
    core.storage.holds = 'durable commits';
    const third = core.send(batch(['c']), { partition: 0 });
    expect(await isAnswered(third)).toBe(false);
    core.storage.releaseAll();
    expect((await third).error).toBeNull();
    expect(syncs()).toBe(1);
    await sendTo(0);
    expect(syncs()).toBe(0);
  });
});
