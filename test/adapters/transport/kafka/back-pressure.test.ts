import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { serve } from '../../../../src/adapters/transport/kafka/registry.ts';
import { ApiVersions } from '../../../../src/adapters/transport/kafka/messages/api-versions.ts';
import { Fetch } from '../../../../src/adapters/transport/kafka/messages/fetch.ts';
import {
  apiVersionsOf,
  heldProduce,
  kafkaListenerRig,
  produceOf,
} from '../../../support/kafka-listener-rig.ts';
import { decodeResponse, encodeRequest, type RawClient } from '../../../support/raw-client.ts';

const DONE = { responses: [] };
const KIB = 1024;
const MIB = 1024 * KIB;
/** What the kernel may hold on the way, in both directions. */
const KERNEL_BYTES = 16 * MIB;

/** Resolves when the numbers that `look` gives stand still. */
async function untilStill(look: () => number): Promise<number> {
  let last = -1;
  for (let same = 0; same < 50; same++) {
    await turn();
    await turn();
    const now = look();
    if (now !== last) same = 0;
    last = now;
  }
  return last;
}

function fetchOf(correlationId: number): Buffer {
  const request = { maxWaitMs: 0, minBytes: 0, maxBytes: MIB, topics: [] };
  return encodeRequest(Fetch, 4, request, correlationId);
}

/** A Fetch handler whose every response carries a pooled buffer full of one byte. */
function filledFetch(bytes: number, begun: { count: number }) {
  return serve(Fetch, ({ maxBytes }, { allocate }) => {
    begun.count++;
    const records = allocate(bytes)
      .subarray(0, bytes)
      .fill(maxBytes & 0xff);
    const partitions = [
      { partitionIndex: 0, errorCode: 0, highWatermark: 0, abortedTransactions: null, records },
    ];
    return { responses: [{ topic: 't', partitions }] };
  });
}

describe.each([true, false])('with a shared receive buffer: %s', shareReceiveBuffer => {
  const options = { shareReceiveBuffer, maxConnections: () => 10 };

  test('a client that takes nothing is not worked for beyond a bound', async () => {
    const begun = { count: 0 };
    await using rig = await kafkaListenerRig([filledFetch(256 * KIB, begun)], options);
    const client = await rig.client();
    client.socket.pause();
    const requests = 2000;
    for (let id = 0; id < requests; id++) client.send(fetchOf(id));
    const still = await untilStill(() => begun.count);
    // 500 MB were asked for; what was read is what the kernel took, and a little more.
    expect(still * 256 * KIB).toBeLessThan(KERNEL_BYTES);
    client.socket.resume();
    for (let id = 0; id < requests; id++) {
      expect((await client.nextFrame()).readInt32BE(0)).toBe(id);
    }
    expect(begun.count).toBe(requests);
  });

  test('thousands of pipelined produce requests: so many are begun, then no more is read', async () => {
    const produce = heldProduce();
    await using rig = await kafkaListenerRig([produce.served], options);
    const client = await rig.client();
    const requests = 20_000;
    const sent = Array.from({ length: requests }, (_, id) => produceOf(Buffer.alloc(1000), id));
    client.socket.write(Buffer.concat(sent));
    const still = await untilStill(() => produce.begun.length);
    expect(still).toBeGreaterThanOrEqual(1000);
    // The limit, and what came with the read that reached it.
    expect(still).toBeLessThan(1000 + 300);
    let answered = 0;
    const answering = (async () => {
      for (; answered < requests; answered++) {
        await produce.until(answered + 1);
        produce.begun[answered]!.answer(DONE);
      }
    })();
    for (let id = 0; id < requests; id++) {
      expect((await client.nextFrame()).readInt32BE(0)).toBe(id);
    }
    await answering;
  });

  test('large produce requests are bounded by their bytes', async () => {
    const produce = heldProduce();
    await using rig = await kafkaListenerRig([produce.served], options);
    const client = await rig.client();
    for (let id = 0; id < 40; id++) client.socket.write(produceOf(Buffer.alloc(4 * MIB), id));
    expect(await untilStill(() => produce.begun.length)).toBe(8);
    for (let id = 0; id < 40; id++) {
      await produce.until(id + 1);
      produce.begun[id]!.answer(DONE);
    }
    for (let id = 0; id < 40; id++) await client.nextFrame();
  });

  test('thousands of pipelined requests of another kind are all answered, in order', async () => {
    const served = serve(ApiVersions, () => ({ errorCode: 0, apiKeys: [] }));
    await using rig = await kafkaListenerRig([served], options);
    const client = await rig.client();
    const requests = 5000;
    client.send(...Array.from({ length: requests }, (_, id) => apiVersionsOf(id)));
    for (let id = 0; id < requests; id++) {
      expect((await client.nextFrame()).readInt32BE(0)).toBe(id);
    }
  });

  test('pooled buffers are not used again before they were sent: slow readers get every byte', async () => {
    const served = serve(Fetch, ({ maxBytes }, { allocate }) => {
      const bytes = 100 * KIB + maxBytes;
      const records = allocate(bytes)
        .subarray(0, bytes)
        .fill(maxBytes & 0xff);
      const partitions = [
        { partitionIndex: 0, errorCode: 0, highWatermark: 0, abortedTransactions: null, records },
      ];
      return { responses: [{ topic: 't', partitions }] };
    });
    await using rig = await kafkaListenerRig([served], options);
    const [slow, quick] = [await rig.client(), await rig.client()];
    const rounds = 200;
    const ask = (client: RawClient, id: number): void =>
      client.send(
        encodeRequest(Fetch, 4, { maxWaitMs: 0, minBytes: 0, maxBytes: id, topics: [] }, id),
      );
    const check = async (client: RawClient, id: number): Promise<void> => {
      const { correlationId, response } = decodeResponse(Fetch, 4, await client.nextFrame());
      const { records } = response.responses[0]!.partitions[0]!;
      expect(correlationId).toBe(id);
      expect(records!.length).toBe(100 * KIB + id);
      expect(records!.equals(Buffer.alloc(records!.length, id & 0xff))).toBe(true);
    };
    slow.socket.pause();
    for (let id = 0; id < rounds; id++) ask(slow, id);
    // While the slow one's buffers wait to be sent, the quick one goes round and round through the same pool.
    for (let id = rounds; id < 2 * rounds; id++) {
      ask(quick, id);
      await check(quick, id);
      if (id % 20 === 0) slow.socket.resume();
      if (id % 20 === 2) slow.socket.pause();
    }
    slow.socket.resume();
    for (let id = 0; id < rounds; id++) await check(slow, id);
  });
});
