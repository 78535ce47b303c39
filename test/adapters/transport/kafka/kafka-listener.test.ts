import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ApiVersions } from '../../../../src/adapters/transport/kafka/messages/api-versions.ts';
import { createReceivingServer } from '../../../../src/adapters/transport/kafka/receiving-socket.ts';
import { serve } from '../../../../src/adapters/transport/kafka/registry.ts';
import {
  apiVersionsOf,
  heldApiVersions,
  heldProduce,
  kafkaListenerRig,
  produceOf,
  promptApiVersions,
} from '../../../support/kafka-listener-rig.ts';

describe.each([true, false])('receiving, with a shared buffer: %s', share => {
  test('hands on every byte in order; all connections share one buffer if asked to', async () => {
    const memory = new Set<ArrayBufferLike>();
    const received: Buffer[][] = [];
    const server = createReceivingServer((socket, start) => {
      const chunks: Buffer[] = [];
      received.push(chunks);
      socket.on('end', () => socket.end());
      start(chunk => {
        memory.add(chunk.buffer);
        chunks.push(Buffer.from(chunk));
      });
    }, share);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const sent = [1, 2, 3].map(byte => Buffer.alloc(600_000, byte));
    for (const bytes of sent) {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.end(bytes);
      socket.resume();
      await once(socket, 'close');
    }
    expect(
      received.map(chunks => Buffer.concat(chunks).equals(sent[received.indexOf(chunks)]!)),
    ).toEqual([true, true, true]);
    if (share) expect(memory.size).toBe(1);
    else expect(memory.size).toBeGreaterThan(1);
    // Closes only if the server's count of connections is right.
    await new Promise(resolve => server.close(resolve));
  });
});

describe.each([true, false])('stop, with a shared buffer: %s', shareReceiveBuffer => {
  const options = { shareReceiveBuffer, drainMs: 10_000 };

  test('answers what was received, in order, and takes no more', async () => {
    const produce = heldProduce();
    await using rig = await kafkaListenerRig([produce.served, promptApiVersions], options);
    const [idle, client] = [await rig.client(), await rig.client()];
    client.send(produceOf(Buffer.alloc(10), 1), produceOf(Buffer.alloc(10), 2), apiVersionsOf(3));
    await produce.until(2);
    const stopped = rig.listener.stop();
    await idle.untilEnd();
    client.send(apiVersionsOf(4));
    const refused = connect({ port: rig.port, host: '127.0.0.1' });
    await once(refused, 'error');
    produce.begun[1]!.answer({ responses: [] });
    produce.begun[0]!.answer({ responses: [] });
    const frames = await client.untilEnd();
    expect(frames.map(frame => frame.readInt32BE(0))).toEqual([1, 2, 3]);
    await stopped;
    expect(rig.logger.lines).toEqual([]);
  });

  test('ends waits at once', async () => {
    let waiting = (): void => {};
    const began = new Promise<void>(resolve => (waiting = resolve));
    const served = serve(ApiVersions, (_, { signal }) => {
      waiting();
      return new Promise(resolve =>
        signal.addEventListener('abort', () => resolve({ errorCode: 0, apiKeys: [] })),
      );
    });
    await using rig = await kafkaListenerRig([served], options);
    const client = await rig.client();
    client.send(apiVersionsOf(1));
    await began;
    await rig.listener.stop();
    expect(await client.untilEnd()).toHaveLength(1);
  });

  test('waits so long and no longer for what does not end, and says so', async () => {
    const apiVersions = heldApiVersions();
    await using rig = await kafkaListenerRig([apiVersions.served], { ...options, drainMs: 50 });
    const client = await rig.client();
    client.send(apiVersionsOf(1));
    await apiVersions.until(1);
    await rig.listener.stop();
    expect(await client.untilEnd()).toEqual([]);
    expect(rig.reasons).toEqual(['the broker stops']);
  });
});

test('an address that is taken rejects the start', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await expect(kafkaListenerRig([], { port })).rejects.toThrow('EADDRINUSE');
  await new Promise(resolve => other.close(resolve));
});
