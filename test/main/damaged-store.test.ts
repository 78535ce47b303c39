import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CreateTopics } from '../../src/adapters/transport/kafka/messages/create-topics.ts';
import { Fetch } from '../../src/adapters/transport/kafka/messages/fetch.ts';
import { ListOffsets } from '../../src/adapters/transport/kafka/messages/list-offsets.ts';
import { Produce } from '../../src/adapters/transport/kafka/messages/produce.ts';
import { batchesIn, RecordBatch } from '../../src/domain/model/log/record-batch.ts';
import { METADATA_PARTITION } from '../../src/domain/use-cases/runtime/metadata-log.ts';
import { STORAGE_ENGINES, type StorageEngine } from '../../src/main/broker-options.ts';
import { startBroker, type Broker } from '../../src/main/start-broker.ts';
import { withStore } from '../../src/main/storage/stores.ts';
import type { LogStorage, PartitionKey, PartitionLog } from '../../src/ports/log-storage.ts';
import { batch, valuesIn } from '../support/broker-core.ts';
import { RawClient } from '../support/raw-client.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

const DAMAGED = 'a part of a log is damaged: it is not handed out, and the rest is';
const NO_ERROR = 0;
const CORRUPT_MESSAGE = 2;
const SETTINGS = { segmentBytes: 1e6, segmentMs: 1e9, indexIntervalBytes: 4096 };
const TIMESTAMP = 1_700_000_000_000;
/** Larger than what lies between two entries of an index. */
const value = (name: string): string => name.padEnd(5000, '.');
const ON_DISK = STORAGE_ENGINES.filter(engine => engine !== 'memory');

let dataDir: string;
let logger: RecordingLogger;
let broker: Broker | null;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hexlog-damage-'));
  logger = new RecordingLogger();
  broker = null;
});

afterEach(async () => {
  await broker?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(storage: StorageEngine): Promise<RawClient> {
  broker = await startBroker({ storage, dataDir, logger });
  return RawClient.connect(broker.port);
}

async function stop(): Promise<void> {
  await broker!.stop();
  broker = null;
}

/** Two partitions of `orders` with a batch of each name; offsets count the names. */
async function filled(storage: StorageEngine, names: readonly string[]): Promise<void> {
  using client = await start(storage);
  const topic = { name: 'orders', numPartitions: 2, replicationFactor: 1 };
  await client.ask(CreateTopics, 7, { topics: [{ ...topic, assignments: [], configs: [] }] });
  for (const name of names) {
    for (const index of [0, 1]) {
      const partitionData = [{ index, records: batch([value(name)]) }];
      const topicData = [{ name: 'orders', partitionData }];
      const sent = await client.ask(Produce, 9, { acks: -1, timeoutMs: 10_000, topicData });
      expect(sent.responses[0]!.partitionResponses[0]!.errorCode).toBe(NO_ERROR);
    }
  }
  await stop();
}

/** The names that a fetch gives, or the error code. */
async function fetched(
  client: RawClient,
  fetchOffset: number,
  partition = 0,
): Promise<readonly string[] | number> {
  const wanted = { partition, fetchOffset, partitionMaxBytes: 1e6 };
  const { responses } = await client.ask(Fetch, 11, {
    ...{ maxWaitMs: 0, minBytes: 0, maxBytes: 1e6 },
    topics: [{ topic: 'orders', partitions: [wanted] }],
  });
  const { errorCode, records } = responses[0]!.partitions[0]!;
  if (errorCode !== NO_ERROR) return errorCode;
  return valuesIn(records ?? Buffer.alloc(0)).map(text => text.replaceAll('.', ''));
}

async function offsetSince(client: RawClient, timestamp: number): Promise<readonly number[]> {
  const partitions = [{ partitionIndex: 0, timestamp }];
  const { topics } = await client.ask(ListOffsets, 7, {
    replicaId: -1,
    topics: [{ name: 'orders', partitions }],
  });
  const { errorCode, offset } = topics[0]!.partitions[0]!;
  return [errorCode, offset];
}

/** What was said of damage in the log. */
function reported(): unknown[] {
  return logger.lines
    .filter(({ message }) => message === DAMAGED)
    .map(({ facts }) => [facts['topic'], facts['partition'], facts['offset'], facts['place']]);
}

async function opened(storage: LogStorage, topic: string, index = 0): Promise<PartitionLog> {
  const stored = await storage.list();
  const found = stored.find(key => key.topic === topic && key.partition === index)!;
  const { topicId, partition } = found;
  const key: PartitionKey = { topic, topicId, partition };
  return storage.open(key, found.epoch, SETTINGS);
}

/** Opens the store as a broker does, which is not running now. */
function inStore(storage: StorageEngine, work: (store: LogStorage) => Promise<void>) {
  const options = { storage, dataDir, memory: {}, host: '', port: 0, brokerId: 1 };
  const rest = { advertisedHost: null, advertisedPort: null, logLevel: 'silent', settings: {} };
  return withStore({ ...options, ...rest } as Parameters<typeof withStore>[0], logger, work);
}

/** Appends a copy of the first batch, spoiled or not. */
async function appendCopy(log: PartitionLog, isSpoiled: boolean): Promise<void> {
  const first = await log.read(0, 1, size => Buffer.allocUnsafe(size));
  const copy = new RecordBatch(Buffer.from(first));
  copy.assign(log.endOffset, copy.leaderEpoch);
  if (isSpoiled) copy.bytes[100]! ^= 1;
  log.append(copy);
  await log.commit(true);
}

describe.each(ON_DISK)('over %s, a batch that was damaged while no broker ran', storage => {
  test('is never served, and what lies before and after it is', async () => {
    await filled(storage, ['one', 'two']);
    let place = '';
    await inStore(storage, async store => {
      const log = await opened(store, 'orders');
      await appendCopy(log, true);
      await appendCopy(log, false);
      place = log.placeOf(2);
    });
    using client = await start(storage);
    expect(await fetched(client, 0)).toEqual(['one', 'two']);
    expect(await fetched(client, 2)).toBe(CORRUPT_MESSAGE);
    expect(await fetched(client, 2)).toBe(CORRUPT_MESSAGE);
    expect(await fetched(client, 3)).toEqual(['one']);
    expect(await fetched(client, 0, 1)).toEqual(['one', 'two']);
    expect(reported()).toEqual([['orders', 0, 2, place]]);
  });

  test('stops the start where it holds metadata, with what to do', async () => {
    await filled(storage, []);
    await inStore(storage, async store => {
      await appendCopy(await opened(store, METADATA_PARTITION.topic), true);
    });
    await expect(start(storage)).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringMatching(
        /^The metadata log is damaged at offset \d+ \(.*hexlog storage/,
      ) as unknown,
    });
  });
});

describe('over segment files, bytes that were flipped in the file between two runs', () => {
  test.each([
    ['the records', 500],
    ['the checksum', 18],
    ['the format', 16],
    ['the length', 9],
    ['the length', 11],
    ['the count of offsets', 26],
    ['the attributes', 22],
    ['the base offset', 7],
  ])('cost the batch that they are in: %s, byte %i', async (_, byte) => {
    await filled('segment-files', ['one', 'two', 'three', 'four', 'five']);
    const path = await segmentOfOrders();
    const bytes = await readFile(path);
    const at = [...batchesIn(bytes)]
      .slice(0, 2)
      .reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0);
    bytes[at + byte]! ^= 1;
    await writeFile(path, bytes);
    using client = await start('segment-files');
    expect(await fetched(client, 4)).toEqual(['five']);
    expect(await fetched(client, 3)).toEqual(['four', 'five']);
    expect(await fetched(client, 2)).toBe(CORRUPT_MESSAGE);
    expect(await fetched(client, 0)).toEqual(['one', 'two']);
    expect(await fetched(client, 1)).toEqual(['two']);
    expect(await fetched(client, 0, 1)).toHaveLength(5);
    expect(await offsetSince(client, TIMESTAMP)).toEqual([NO_ERROR, 0]);
    expect(reported()).toEqual([['orders', 0, 2, expect.stringContaining(path)]]);
  });
});

async function segmentOfOrders(): Promise<string> {
  const names = await readdir(dataDir, { recursive: true });
  const sizes = names.filter(name => /^orders-0\.[^/]*\/0+\.log$/.test(name));
  expect(sizes, names.join(' ')).toHaveLength(1);
  return join(dataDir, sizes[0]!);
}
