import { expect, test } from 'vitest';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import { describeLogDirsHandler } from '../../src/adapters/transport/kafka/handlers/describe-log-dirs.ts';
import { ERROR_CODES } from '../../src/adapters/transport/kafka/messages/error-codes.ts';
import { RecordBatch } from '../../src/domain/model/log/record-batch.ts';
import { DescribeLogDirs } from '../../src/domain/use-cases/describe-log-dirs.ts';
import { batch, BrokerCore } from '../support/broker-core.ts';
import { exchange, versionsOf } from '../support/exchange.ts';
import { SMALL_SEGMENTS } from '../support/log-contents.ts';

const BYTES = batch(['v']);

/** Logs of `orders` 0 and 2 and of `__consumer_offsets` 0, one that no topic owns, and the metadata. */
async function start() {
  const disk = new MemoryLogStorage();
  const before = await BrokerCore.start(disk);
  await before.topic('orders', {}, 4);
  const offsets = await before.topic('__consumer_offsets');
  await before.topic('empty');
  for (const partition of [2, 0, 2]) await before.send(Buffer.from(BYTES), { partition });
  const internal = await before.registry.open(offsets, 0);
  internal.append(new RecordBatch(Buffer.from(BYTES)), before.time.now());
  await internal.commit(true);
  await disk.open({ topicId: 'x'.repeat(22), topic: 'gone', partition: 0 }, 1, SMALL_SEGMENTS);
  // After a restart no log but the metadata's is open in the registry, and still all are known.
  const core = await before.restart();
  return { disk, describe: new DescribeLogDirs(core.metadata.state, disk) };
}

const ORDERS = {
  name: 'orders',
  partitions: [
    { partition: 0, sizeInBytes: BYTES.length },
    { partition: 2, sizeInBytes: 2 * BYTES.length },
  ],
};
const OFFSETS = {
  name: '__consumer_offsets',
  partitions: [{ partition: 0, sizeInBytes: BYTES.length }],
};

test('all logs of topics are shown with their sizes, internal ones too, and no others', async () => {
  const { disk, describe } = await start();
  const { topics, ...directory } = await describe.execute(null);
  expect([...topics].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([OFFSETS, ORDERS]);
  expect(directory).toEqual({ error: null, location: disk.location, ...(await disk.volume()) });
});

test('only what is asked for is shown; what is not known, or has no log yet, is left out', async () => {
  const { describe } = await start();
  const shown = async (...wanted: { name: string; partitions: number[] }[]) =>
    (await describe.execute(wanted)).topics;
  expect(await shown({ name: 'orders', partitions: [2, 1, 9, -1, 2] })).toEqual([
    { name: 'orders', partitions: [ORDERS.partitions[1]] },
  ]);
  expect(
    await shown(
      { name: 'empty', partitions: [0] },
      { name: 'none', partitions: [0] },
      { name: '__cluster_metadata', partitions: [0] },
      { name: '__consumer_offsets', partitions: [0] },
    ),
  ).toEqual([OFFSETS]);
  expect(await shown()).toEqual([]);
});

test('over the wire, in every version', async () => {
  const { disk, describe } = await start();
  const served = describeLogDirsHandler(describe);
  expect(versionsOf(served)).toEqual([1, 2, 3, 4, 5]);
  const { totalBytes, usableBytes } = await disk.volume();
  for (const version of versionsOf(served)) {
    const volume = version < 4 ? { totalBytes: -1, usableBytes: -1 } : { totalBytes, usableBytes };
    const request = { topics: [{ topic: 'orders', partitions: [2] }] };
    const partition = { partitionIndex: 2, partitionSize: 2 * BYTES.length };
    expect(await exchange(served, version, request), `v${version}`).toEqual({
      throttleTimeMs: 0,
      errorCode: 0,
      results: [
        {
          errorCode: 0,
          logDir: disk.location,
          topics: [
            { name: 'orders', partitions: [{ ...partition, offsetLag: 0, isFutureKey: false }] },
          ],
          ...volume,
          isCordoned: false,
        },
      ],
    });
    expect(await exchange(served, version, { topics: null })).toMatchObject({
      results: [{ topics: [{}, {}] }],
    });
  }
});

test('a store that cannot say is the error of its directory', async () => {
  const { disk, describe } = await start();
  await disk.close();
  const served = describeLogDirsHandler(describe);
  expect(await exchange(served, 5, { topics: null })).toMatchObject({
    errorCode: 0,
    results: [
      {
        errorCode: ERROR_CODES.KAFKA_STORAGE_ERROR,
        logDir: disk.location,
        topics: [],
        totalBytes: -1,
      },
    ],
  });
});
