import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { ApiVersions } from '../../../../src/adapters/transport/kafka/messages/api-versions.ts';
import { Produce } from '../../../../src/adapters/transport/kafka/messages/produce.ts';
import { serve } from '../../../../src/adapters/transport/kafka/registry.ts';
import { ProtocolError } from '../../../../src/adapters/transport/kafka/wire/protocol-error.ts';
import {
  apiVersionsOf,
  heldApiVersions,
  heldProduce,
  kafkaListenerRig,
  produceOf,
  promptApiVersions,
  recordsOf,
} from '../../../support/kafka-listener-rig.ts';
import { framed, type RawClient } from '../../../support/raw-client.ts';

const DONE = { responses: [] };
const idIn = (frame: Buffer): number => frame.readInt32BE(0);

async function idsOf(client: RawClient, count: number): Promise<number[]> {
  const ids: number[] = [];
  while (ids.length < count) ids.push(idIn(await client.nextFrame()));
  return ids;
}

describe('order', () => {
  test('produce requests overlap, and are answered in their order whatever ends first', async () => {
    const produce = heldProduce();
    await using rig = await kafkaListenerRig([produce.served]);
    const client = await rig.client();
    client.send(...[1, 2, 3, 4].map(id => produceOf(Buffer.alloc(10, id), id)));
    await produce.until(4);
    for (const index of [3, 1, 2]) produce.begun[index]!.answer(DONE);
    await turn();
    expect(client.socket.bytesRead).toBe(0);
    produce.begun[0]!.answer(DONE);
    expect(await idsOf(client, 4)).toEqual([1, 2, 3, 4]);
  });

  test('one that is ready leaves without those after the next, which is not', async () => {
    const produce = heldProduce();
    await using rig = await kafkaListenerRig([produce.served]);
    const client = await rig.client();
    client.send(...[1, 2, 3].map(id => produceOf(Buffer.alloc(10, id), id)));
    await produce.until(3);
    produce.begun[2]!.answer(DONE);
    produce.begun[0]!.answer(DONE);
    expect(await idsOf(client, 1)).toEqual([1]);
    produce.begun[1]!.answer(DONE);
    expect(await idsOf(client, 2)).toEqual([2, 3]);
  });

  test('another request waits for those before it, and those after it wait for it', async () => {
    const produce = heldProduce();
    const apiVersions = heldApiVersions();
    await using rig = await kafkaListenerRig([produce.served, apiVersions.served]);
    const client = await rig.client();
    client.send(
      ...[produceOf(Buffer.alloc(9), 1), apiVersionsOf(2), produceOf(Buffer.alloc(9), 3)],
      ...[apiVersionsOf(4), apiVersionsOf(5)],
    );
    await produce.until(1);
    await turn();
    expect([produce.begun.length, apiVersions.begun.length]).toEqual([1, 0]);
    produce.begun[0]!.answer(DONE);
    await apiVersions.until(1);
    await turn();
    expect(produce.begun.length).toBe(1);
    apiVersions.begun[0]!.answer({ errorCode: 0, apiKeys: [] });
    await produce.until(2);
    produce.begun[1]!.answer(DONE);
    await apiVersions.until(2);
    expect(apiVersions.begun.length).toBe(2);
    apiVersions.begun[1]!.answer({ errorCode: 0, apiKeys: [] });
    await apiVersions.until(3);
    apiVersions.begun[2]!.answer({ errorCode: 0, apiKeys: [] });
    expect(await idsOf(client, 5)).toEqual([1, 2, 3, 4, 5]);
  });

  test('a request that has no answer keeps its place', async () => {
    const produce = heldProduce();
    await using rig = await kafkaListenerRig([produce.served]);
    const client = await rig.client();
    client.send(...[1, 2, 3].map(id => produceOf(Buffer.alloc(10), id)));
    await produce.until(3);
    produce.begun[1]!.answer(null);
    produce.begun[2]!.answer(DONE);
    produce.begun[0]!.answer(DONE);
    expect(await idsOf(client, 2)).toEqual([1, 3]);
  });

  test('what settles together leaves in one write', async () => {
    const produce = heldProduce();
    await using rig = await kafkaListenerRig([produce.served]);
    const client = await rig.client();
    const chunks: Buffer[] = [];
    client.socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    client.send(...Array.from({ length: 50 }, (_, id) => produceOf(Buffer.alloc(10), id)));
    await produce.until(50);
    for (const held of produce.begun) held.answer(DONE);
    await idsOf(client, 50);
    expect(chunks.length).toBe(1);
  });
});

describe.each([true, false])('views, with a shared receive buffer: %s', shareReceiveBuffer => {
  test('are right while the handler begins, for every way in which a frame may be cut', async () => {
    const seen: { id: number; intact: boolean }[] = [];
    const served = serve(Produce, request => {
      const records = recordsOf(request);
      seen.push({ id: records[0]!, intact: records.every(byte => byte === records[0]) });
      return DONE;
    });
    await using rig = await kafkaListenerRig([served], { shareReceiveBuffer });
    const client = await rig.client();
    const sizes = [10, 70_000, 300_000, 5, 1_500_000, 255_990, 262_144];
    const bytes = Buffer.concat(sizes.map((size, id) => produceOf(Buffer.alloc(size, id), id)));
    for (let at = 0; at < bytes.length; at += 37_111) {
      client.socket.write(bytes.subarray(at, at + 37_111));
      await turn();
    }
    expect(await idsOf(client, sizes.length)).toEqual([...sizes.keys()]);
    expect(seen).toEqual(Array.from(sizes.keys(), id => ({ id, intact: true })));
  });

  test('are gone once it has returned: a handler that keeps one is caught', async () => {
    const produce = heldProduce();
    await using rig = await kafkaListenerRig([produce.served], { shareReceiveBuffer });
    const [first, second] = [await rig.client(), await rig.client()];
    first.send(produceOf(Buffer.alloc(1000, 1), 1));
    await produce.until(1);
    const kept = recordsOf(produce.begun[0]!.request);
    second.send(produceOf(Buffer.alloc(1000, 2), 1));
    await produce.until(2);
    // With `data` events each chunk has memory of its own; what is shared is seen to be overwritten.
    expect(kept.every(byte => byte === (shareReceiveBuffer ? 2 : 1))).toBe(true);
  });

  test('of a request that had to wait are its own', async () => {
    const apiVersions = heldApiVersions();
    const produce = heldProduce();
    await using rig = await kafkaListenerRig([apiVersions.served, produce.served], {
      shareReceiveBuffer,
    });
    const client = await rig.client();
    client.send(apiVersionsOf(1), produceOf(Buffer.alloc(1000, 1), 2));
    await apiVersions.until(1);
    const other = await rig.client();
    other.send(produceOf(Buffer.alloc(2000, 9), 1));
    await produce.until(1);
    apiVersions.begun[0]!.answer({ errorCode: 0, apiKeys: [] });
    await produce.until(2);
    expect(recordsOf(produce.begun[1]!.request)).toEqual(Buffer.alloc(1000, 1));
  });
});

describe.each([true, false])('close, with a shared receive buffer: %s', shareReceiveBuffer => {
  const options = { shareReceiveBuffer };

  test('a client that has sent its last is answered all the same', async () => {
    const produce = heldProduce();
    await using rig = await kafkaListenerRig([produce.served, promptApiVersions], options);
    const client = await rig.client(true);
    client.send(produceOf(Buffer.alloc(10), 1), apiVersionsOf(2), apiVersionsOf(3));
    client.socket.end();
    await produce.until(1);
    produce.begun[0]!.answer(DONE);
    expect((await client.untilEnd()).map(idIn)).toEqual([1, 2, 3]);
    expect(rig.logger.lines).toEqual([]);
  });

  test('produce requests with acks 0 are carried out though the client left', async () => {
    const apiVersions = heldApiVersions();
    const produce = heldProduce();
    await using rig = await kafkaListenerRig([apiVersions.served, produce.served], options);
    const client = await rig.client();
    client.send(
      apiVersionsOf(1),
      produceOf(Buffer.alloc(10), 2, 0),
      produceOf(Buffer.alloc(10), 3, 0),
    );
    await apiVersions.until(1);
    client.socket.end();
    apiVersions.begun[0]!.answer({ errorCode: 0, apiKeys: [] });
    await produce.until(2);
    for (const held of produce.begun) held.answer(null);
    await client.untilEnd();
  });

  test('an end within a frame closes with one line, and nothing is carried out', async () => {
    const produce = heldProduce();
    await using rig = await kafkaListenerRig([produce.served], options);
    const client = await rig.client();
    client.send(produceOf(Buffer.alloc(1000)).subarray(0, 900));
    client.socket.end();
    await client.untilEnd();
    expect(rig.reasons).toEqual(['the client left within a request']);
    expect(produce.begun).toEqual([]);
  });

  test('when the client is lost, its signal is aborted, and the late answer goes nowhere', async () => {
    const apiVersions = heldApiVersions();
    await using rig = await kafkaListenerRig([apiVersions.served], options);
    const client = await rig.client();
    client.send(apiVersionsOf(1));
    await apiVersions.until(1);
    const { signal } = apiVersions.begun[0]!.context;
    const aborted = new Promise(resolve => signal.addEventListener('abort', resolve));
    client.socket.resetAndDestroy();
    await aborted;
    apiVersions.begun[0]!.answer({ errorCode: 0, apiKeys: [] });
    await turn();
    expect(rig.logger.lines).toEqual([]);
  });

  test('a handler that refuses closes the connection; one that breaks is told as an error', async () => {
    const produce = heldProduce();
    await using rig = await kafkaListenerRig([produce.served], options);
    const [first, second] = [await rig.client(), await rig.client()];
    first.send(produceOf(Buffer.alloc(10)));
    await produce.until(1);
    produce.begun[0]!.fail(new ProtocolError('refused'));
    expect(await first.untilEnd()).toEqual([]);
    second.send(produceOf(Buffer.alloc(10)));
    await produce.until(2);
    produce.begun[1]!.fail(new Error('a mistake of ours'));
    expect(await second.untilEnd()).toEqual([]);
    expect(rig.reasons).toEqual(['refused', 'internal error']);
    const [error] = rig.logger.lines.filter(({ level }) => level === 'error');
    expect(error!.facts['error']).toContain('a mistake of ours');
  });

  test('a response that cannot be written closes the connection, and others go on', async () => {
    const produce = heldProduce();
    await using rig = await kafkaListenerRig([produce.served, promptApiVersions], options);
    const client = await rig.client();
    client.send(produceOf(Buffer.alloc(10)));
    await produce.until(1);
    produce.begun[0]!.answer({
      responses: [{ partitionResponses: [{ baseOffset: NaN }] }],
    } as never);
    expect(await client.untilEnd()).toEqual([]);
    expect(rig.reasons).toEqual(['internal error']);
    const healthy = await rig.client();
    expect((await healthy.ask(ApiVersions, 0, {})).errorCode).toBe(0);
  });
});

describe('limits', () => {
  test('a silent connection is closed, one that is owed something is not', async () => {
    const produce = heldProduce();
    await using rig = await kafkaListenerRig([produce.served], { maxIdleMs: 100 });
    const owed = await rig.client();
    owed.send(produceOf(Buffer.alloc(10)));
    await produce.until(1);
    const [silent, halfway] = [await rig.client(), await rig.client()];
    halfway.send(produceOf(Buffer.alloc(10)).subarray(0, 4));
    await Promise.all([silent.untilEnd(), halfway.untilEnd()]);
    expect(rig.reasons).toEqual(['silent for 100 ms', 'silent for 100 ms']);
    expect(owed.ended).toBe(false);
    // Its deadline passed meanwhile; when nothing is owed any more, the next one counts, though nothing was sent.
    produce.begun[0]!.answer(null);
    expect(await owed.untilEnd()).toEqual([]);
    expect(rig.reasons.length).toBe(3);
  });

  test('a deadline of -1 is none, as in Kafka', async () => {
    await using rig = await kafkaListenerRig([promptApiVersions], { maxIdleMs: -1 });
    const client = await rig.client();
    expect((await client.ask(ApiVersions, 0, {})).errorCode).toBe(0);
  });

  test('a client that takes nothing is closed at the deadline, whatever it is owed', async () => {
    const apiKeys = Array.from({ length: 100_000 }, () => ({
      apiKey: 1,
      minVersion: 0,
      maxVersion: 1,
    }));
    const served = serve(ApiVersions, () => ({ errorCode: 0, apiKeys }));
    await using rig = await kafkaListenerRig([served], { maxIdleMs: 300 });
    const client = await rig.client();
    client.socket.pause();
    for (let id = 0; id < 50; id++) client.send(apiVersionsOf(id));
    await vi.waitFor(() => expect(rig.reasons).toEqual(['silent for 300 ms']), 10_000);
  });

  test('max.connections: one more is refused with a line, and room is made by leaving', async () => {
    await using rig = await kafkaListenerRig([promptApiVersions], { maxConnections: () => 2 });
    const [first] = [await rig.client(), await rig.client()];
    const third = await rig.client();
    await third.untilEnd();
    expect(rig.logger.lines.map(({ message }) => message)).toEqual([
      'connection refused: max.connections is reached',
    ]);
    first.socket.end();
    await first.untilEnd();
    // Our end of the connection may be known before the broker's.
    await vi.waitFor(async () => {
      const fourth = await rig.client();
      expect((await fourth.ask(ApiVersions, 0, {})).errorCode).toBe(0);
    });
  });

  test('a request above socket.request.max.bytes closes, whatever was announced', async () => {
    await using rig = await kafkaListenerRig([promptApiVersions], { maxRequestBytes: 500 });
    const client = await rig.client();
    client.send(framed(Buffer.alloc(501)));
    expect(await client.untilEnd()).toEqual([]);
    expect(rig.reasons).toEqual(['a frame of 501 bytes is not between 1 and 500']);
  });
});
