import { beforeEach, describe, expect, test } from 'vitest';
import { batch, BrokerCore, fetchCommand, patched, wants } from '../support/broker-core.ts';
import { quiet } from '../support/virtual-time.ts';
import type { Traffic } from '../../src/domain/model/metrics/traffic.ts';
import type { Topic } from '../../src/domain/model/topic/topic.ts';

const sequence = (baseSequence: number) => ({ producer: { id: 7, epoch: 0, baseSequence } });

let core: BrokerCore;
let topic: Topic;
let traffic: Traffic;

beforeEach(async () => {
  core = await BrokerCore.start();
  topic = await core.topic('orders', {}, 2);
  await core.registry.open(topic, 0);
  traffic = core.registry.trafficOf(topic);
});

describe('the traffic of a topic', () => {
  test('counts records and bytes of its batches, in all partitions', async () => {
    const bytes = batch(['a', 'b', 'c']);
    await core.send(Buffer.from(bytes));
    await core.send(Buffer.from(bytes), { partition: 1 });
    expect(traffic).toMatchObject({ messagesIn: 6, bytesIn: 2 * bytes.length, produceRequests: 2 });
  });

  test('does not count a duplicate as records', async () => {
    const bytes = batch(['a', 'b'], sequence(0));
    await core.send(Buffer.from(bytes));
    await core.send(Buffer.from(bytes));
    expect(traffic).toMatchObject({ messagesIn: 2, produceRequests: 2, failedProduceRequests: 0 });
  });

  test('counts what a broker does not expect as a failure, and what it expects not', async () => {
    await core.send(batch(['a'], sequence(5)));
    await core.send(batch(['a'], sequence(9)));
    expect(traffic).toMatchObject({ produceRequests: 2, failedProduceRequests: 1 });
    const broken = patched(batch(['a']), () => undefined);
    broken.writeUInt8(broken.readUInt8(60) ^ 1, 60);
    expect((await core.send(broken)).error).toBe('CORRUPT_MESSAGE');
    expect(traffic).toMatchObject({ produceRequests: 3, failedProduceRequests: 1 });
  });

  test('counts the bytes that a fetch was answered with', async () => {
    const bytes = batch(['a', 'b']);
    await core.send(Buffer.from(bytes));
    await core.read(0);
    await core.read(2);
    expect(traffic).toMatchObject({ bytesOut: bytes.length, fetchRequests: 2 });
  });

  test('counts nothing that a waiting fetch has read and not answered with', async () => {
    const bytes = batch(['a']);
    await core.send(Buffer.from(bytes));
    const given = { maxWaitMs: 500, minBytes: bytes.length + 1 };
    const waiting = core.fetch.execute(fetchCommand([wants()], given));
    await quiet();
    expect(traffic.bytesOut).toBe(0);
    await core.send(Buffer.from(bytes));
    await waiting;
    expect(traffic).toMatchObject({ bytesOut: 2 * bytes.length, fetchRequests: 1 });
  });

  test('is part of the total, which outlives the topic', async () => {
    await core.send(batch(['a', 'b']));
    await core.registry.remove(topic);
    expect(core.registry.traffic).toMatchObject({ messagesIn: 2, produceRequests: 1 });
    expect(core.registry.trafficOf(topic).messagesIn).toBe(0);
  });

  test('begins anew with the broker', async () => {
    await core.send(batch(['a']));
    const next = await core.restart();
    const same = next.metadata.state.topicNamed('orders')!;
    await next.registry.open(same, 0);
    expect(next.registry.trafficOf(same).messagesIn).toBe(0);
  });
});
