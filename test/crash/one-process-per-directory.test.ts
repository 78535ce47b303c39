import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KafkaClient } from '../../src/adapters/transport/kafka/client/kafka-client.ts';
import { Metadata } from '../../src/adapters/transport/kafka/messages/metadata.ts';
import { Produce } from '../../src/adapters/transport/kafka/messages/produce.ts';
import { buildBatch } from '../../src/domain/model/log/batch-builder.ts';
import { STORAGE_ENGINES } from '../../src/main/broker-options.ts';
import { startBroker, type StartOptions } from '../../src/main/start-broker.ts';
import { BrokerProcess } from '../support/broker-process.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hexlog-lock-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

/** Writes one record to a topic that comes with it, and gives its offset: proof of a broker in good health. */
async function written(port: number): Promise<number> {
  const address = { host: '127.0.0.1', port };
  const client = await KafkaClient.connect(address, { clientId: 'lock', timeoutMs: 10_000 });
  try {
    const { topics } = await client.request(Metadata, { topics: [{ name: 'orders' }] });
    const { topicId } = topics[0]!;
    const { bytes } = buildBatch([{ key: null, value: Buffer.from('one') }], {}, crc32c);
    const { responses } = await client.request(Produce, {
      ...{ acks: -1, timeoutMs: 10_000 },
      topicData: [{ name: 'orders', topicId, partitionData: [{ index: 0, records: bytes }] }],
    });
    const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!;
    expect(errorCode).toBe(0);
    return baseOffset;
  } finally {
    await client.close();
  }
}

/** Every engine that outlives its process. */
const ENGINES = STORAGE_ENGINES.filter(engine => engine !== 'memory');

describe.each(ENGINES)('over %s', storage => {
  const options = (): StartOptions => ({ storage, dataDir });

  test('a second broker of this process is refused, and the first one is unharmed', async () => {
    await using first = await startBroker(options());
    expect(await written(first.port)).toBe(0);
    const refusal = { name: 'StorageError', code: 'locked' };
    for (let tries = 0; tries < 3; tries++) {
      await expect(startBroker(options())).rejects.toMatchObject(refusal);
    }
    await expect(startBroker(options())).rejects.toThrow(
      `data directory ${dataDir} is in use by process ${process.pid}`,
    );
    expect(await written(first.port)).toBe(1);
    await first.stop();
    await using next = await startBroker(options());
    expect(await written(next.port)).toBe(2);
  });

  test('a second process is refused; after SIGKILL the next one has the directory at once', async () => {
    await using first = new BrokerProcess(dataDir, {}, storage).begin();
    const { port, clusterId } = await first.ready;
    expect(await written(port)).toBe(0);
    await using second = new BrokerProcess(dataDir, {}, storage).begin();
    await expect(second.ready).rejects.toThrow('locked');
    await expect(startBroker(options())).rejects.toMatchObject({ code: 'locked' });
    expect(await written(port)).toBe(1);
    await first.kill();
    await using next = await startBroker(options());
    expect(next.clusterId).toBe(clusterId);
    expect(await written(next.port)).toBe(2);
  });

  test('of many that start at once after SIGKILL, one has the directory', async () => {
    await using first = new BrokerProcess(dataDir, {}, storage).begin();
    const { port } = await first.ready;
    expect(await written(port)).toBe(0);
    await first.kill();
    const starts = await Promise.allSettled(
      Array.from({ length: 5 }, () => startBroker(options())),
    );
    const started = starts.filter(start => start.status === 'fulfilled');
    const codes = starts.flatMap(start =>
      start.status === 'rejected' ? [(start.reason as { code: string }).code] : [],
    );
    expect(codes).toEqual(['locked', 'locked', 'locked', 'locked']);
    await using winner = started[0]!.value;
    expect(await written(winner.port)).toBe(1);
  });
});
