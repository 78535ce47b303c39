import { expect, test } from 'vitest';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import { Metadata } from '../../src/adapters/transport/kafka/messages/metadata.ts';
import { startBroker } from '../../src/main/start-broker.ts';
import type { PartitionKey, PartitionLog } from '../../src/ports/log-storage.ts';
import { HttpClient } from '../support/http-client.ts';
import { RawClient } from '../support/raw-client.ts';

/** A store that outlives its brokers, and opens the logs of groups when the test lets it. */
class LaterStorage extends MemoryLogStorage {
  holds = false;
  readonly held: (() => void)[] = [];

  override async open(
    key: PartitionKey,
    ...rest: [number, Parameters<MemoryLogStorage['open']>[2]]
  ): Promise<PartitionLog> {
    if (this.holds && key.topic === '__consumer_offsets') {
      await new Promise<void>(resolve => this.held.push(resolve));
    }
    return super.open(key, ...rest);
  }
  override async close(): Promise<void> {}

  [Symbol.dispose](): void {
    this.release();
  }

  release(): void {
    this.holds = false;
    for (const open of this.held.splice(0)) open();
  }
}

const turn = () => new Promise(resolve => setImmediate(resolve));

/** A store with a group in it. */
async function withGroup(): Promise<LaterStorage> {
  const storage = new LaterStorage();
  await using broker = await startBroker({ storage, httpPort: 0 });
  const http = new HttpClient(broker.http);
  const v2 = { 'content-type': 'application/vnd.kafka.v2+json' };
  const body = JSON.stringify({ name: 'one', format: 'binary' });
  await http.ask('POST /consumers/g', { headers: v2, body });
  const subscription = JSON.stringify({ topics: ['orders'] });
  const path = '/consumers/g/instances/one/subscription';
  expect(await http.ask(`POST ${path}`, { headers: v2, body: subscription })).toMatchObject({
    status: 204,
  });
  return storage;
}

test('a broker serves before its groups are loaded, and is ready when they are', async () => {
  const storage = await withGroup();
  storage.holds = true;
  await using broker = await startBroker({ storage, httpPort: 0 });
  // Before the broker stops, whatever happens.
  using held = storage;
  while (held.held.length === 0) await turn();
  const http = new HttpClient(broker.http);
  expect(await http.ask('GET /readyz')).toMatchObject({
    status: 503,
    json: { status: 'starting' },
  });
  expect((await http.ask('GET /healthz')).status).toBe(200);
  expect((await http.ask('GET /topics')).status).toBe(200);
  using client = await RawClient.connect(broker.port);
  const { clusterId } = await client.ask(Metadata, 7, {
    topics: null,
    allowAutoTopicCreation: false,
  });
  expect(clusterId).toBe(broker.clusterId);
  held.release();
  while ((await http.ask('GET /readyz')).status !== 200) await turn();
  expect(await http.ask('GET /readyz')).toMatchObject({ json: { status: 'ready' } });
});
