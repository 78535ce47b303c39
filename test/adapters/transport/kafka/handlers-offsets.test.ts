import { describe, expect, test } from 'vitest';
import { NodeCompression } from '../../../../src/adapters/compression/node-compression.ts';
import { Crc32c } from '../../../../src/adapters/runtime/crc32c.ts';
import { MemoryLogStorage } from '../../../../src/adapters/storage/memory/memory-log-storage.ts';
import { deleteRecordsHandler } from '../../../../src/adapters/transport/kafka/handlers/delete-records.ts';
import { initProducerIdHandler } from '../../../../src/adapters/transport/kafka/handlers/init-producer-id.ts';
import { listOffsetsHandler } from '../../../../src/adapters/transport/kafka/handlers/list-offsets.ts';
import { offsetForLeaderEpochHandler } from '../../../../src/adapters/transport/kafka/handlers/offset-for-leader-epoch.ts';
import { ERROR_CODES } from '../../../../src/adapters/transport/kafka/messages/error-codes.ts';
import { buildBatch } from '../../../../src/domain/model/log/batch-builder.ts';
import { DeleteRecords } from '../../../../src/domain/use-cases/delete-records.ts';
import { InitProducerId } from '../../../../src/domain/use-cases/init-producer-id.ts';
import { ListOffsets } from '../../../../src/domain/use-cases/list-offsets.ts';
import { OffsetForLeaderEpoch } from '../../../../src/domain/use-cases/offset-for-leader-epoch.ts';
import { PartitionRegistry } from '../../../../src/domain/use-cases/runtime/partition-registry.ts';
import { StorageError } from '../../../../src/ports/log-storage.ts';
import { exchange, versionsOf } from '../../../support/exchange.ts';
import { startMetadata } from '../../../support/metadata-fixture.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';
import { textTable } from '../../../support/text-table.ts';

const NOW = 1_700_000_000_000;
const FIRST_EPOCH = 5;
const EPOCH = 7;
const TIMESTAMPS_BY_EPOCH = [
  [FIRST_EPOCH, [1000, 3000]],
  [EPOCH, [2000]],
] as const;

/** Two topics; `orders-1` holds records of 1000 and 3000 ms by the first leader, and one of 2000 ms by the one of now. */
async function startLogs() {
  const { metadata, create } = await startMetadata();
  const [orders] = await create({ name: 'orders', partitions: 2 }, { name: 'other' });
  const storage = new MemoryLogStorage();
  const registryWith = (epoch: number): PartitionRegistry =>
    new PartitionRegistry({
      topics: metadata.state,
      storage,
      epoch,
      checksum: new Crc32c(),
      clock: { now: () => NOW },
      logger: new RecordingLogger(),
      producerExpirationMs: () => 86_400_000,
    });
  const checksum = new Crc32c();
  let registry = registryWith(FIRST_EPOCH);
  for (const [epoch, timestamps] of TIMESTAMPS_BY_EPOCH) {
    registry = registryWith(epoch);
    const partition = await registry.open(orders!, 1);
    for (const timestamp of timestamps) {
      const record = { key: null, value: Buffer.from('v'), timestamp };
      partition.append(
        buildBatch([record], {}, bytes => checksum.crc32c(bytes)),
        NOW,
      );
    }
    await partition.commit(true);
  }
  return registry;
}

describe('ListOffsets', () => {
  const CASES = textTable(`
    1  | -1   |                     | -1   |  3 |  7
    1  | -2   |                     | -1   |  0 |  5
    6  | -3   | UNSUPPORTED_VERSION | -1   | -1 | -1
    7  | -3   |                     | 3000 |  1 |  5
    7  | -4   | UNSUPPORTED_VERSION | -1   | -1 | -1
    8  | -4   |                     | -1   |  0 |  5
    8  | -5   | UNSUPPORTED_VERSION | -1   | -1 | -1
    9  | -5   |                     | -1   | -1 | -1
    10 | -6   | UNSUPPORTED_VERSION | -1   | -1 | -1
    11 | -6   |                     | -1   | -1 | -1
    11 | -7   | UNSUPPORTED_VERSION | -1   | -1 | -1
    1  | 0    |                     | 1000 |  0 |  5
    1  | 1001 |                     | 3000 |  1 |  5
    1  | 3001 |                     | -1   | -1 | -1
  `).map(cells => cells.map((cell, at) => (at === 2 ? cell : Number(cell))));

  test.each(CASES)('v%d and later, timestamp %d', async (since, timestamp, name, ...found) => {
    const served = listOffsetsHandler(new ListOffsets(await startLogs(), new NodeCompression()));
    const errorCode = name ? ERROR_CODES[name as keyof typeof ERROR_CODES] : 0;
    const refused = name !== '';
    for (const version of versionsOf(served)) {
      // A refusal is what the table says of one version alone: the next one may know more.
      if (refused ? version > Number(since) : version < Number(since)) continue;
      const topics = [{ name: 'orders', partitions: [{ partitionIndex: 1, timestamp }] }];
      const [at, offset, leaderEpoch] = found;
      expect(await exchange(served, version, { replicaId: -1, topics }), `v${version}`).toEqual({
        throttleTimeMs: 0,
        topics: [
          {
            name: 'orders',
            partitions: [
              {
                partitionIndex: 1,
                errorCode,
                timestamp: at,
                offset,
                leaderEpoch: version < 4 ? -1 : leaderEpoch,
              },
            ],
          },
        ],
      });
    }
  });

  const NOWHERE = { timestamp: -1, offset: -1, leaderEpoch: -1 };

  test('answers each partition under its topic, in the order of the request', async () => {
    const served = listOffsetsHandler(new ListOffsets(await startLogs(), new NodeCompression()));
    const asked = (partitionIndex: number, currentLeaderEpoch = -1, timestamp = -1) => ({
      partitionIndex,
      currentLeaderEpoch,
      timestamp,
    });
    const topics = [
      { name: 'other', partitions: [asked(0), asked(1), asked(0)] },
      { name: 'orders', partitions: [asked(1, FIRST_EPOCH), asked(0, EPOCH + 1), asked(9)] },
      { name: 'none', partitions: [asked(0, -1, -99), asked(1)] },
      { name: 'orders', partitions: [asked(2), asked(1, EPOCH)] },
    ];
    const response = await exchange(served, 4, { replicaId: -1, isolationLevel: 1, topics });
    const {
      INVALID_REQUEST,
      UNKNOWN_TOPIC_OR_PARTITION,
      UNKNOWN_LEADER_EPOCH,
      UNSUPPORTED_VERSION,
    } = ERROR_CODES;
    const refused = (partitionIndex: number, errorCode: number) => ({
      partitionIndex,
      errorCode,
      ...NOWHERE,
    });
    expect(response).toEqual({
      throttleTimeMs: 0,
      topics: [
        {
          name: 'other',
          partitions: [
            refused(0, INVALID_REQUEST),
            refused(1, UNKNOWN_TOPIC_OR_PARTITION),
            refused(0, INVALID_REQUEST),
          ],
        },
        {
          name: 'orders',
          partitions: [
            refused(1, INVALID_REQUEST),
            refused(0, UNKNOWN_LEADER_EPOCH),
            refused(9, UNKNOWN_TOPIC_OR_PARTITION),
          ],
        },
        {
          name: 'none',
          partitions: [refused(0, UNSUPPORTED_VERSION), refused(1, UNKNOWN_TOPIC_OR_PARTITION)],
        },
        {
          name: 'orders',
          partitions: [refused(2, UNKNOWN_TOPIC_OR_PARTITION), refused(1, INVALID_REQUEST)],
        },
      ],
    });
  });
});

describe('DeleteRecords', () => {
  test('says where logs begin now, in every version', async () => {
    const served = deleteRecordsHandler(new DeleteRecords(await startLogs()));
    const topics = [
      { name: 'none', partitions: [{ partitionIndex: 0, offset: 0 }] },
      {
        name: 'orders',
        partitions: [
          { partitionIndex: 0, offset: 1 },
          { partitionIndex: 1, offset: 2 },
        ],
      },
    ];
    expect(versionsOf(served)).toEqual([0, 1, 2]);
    for (const version of versionsOf(served)) {
      expect(await exchange(served, version, { topics, timeoutMs: 1000 })).toEqual({
        throttleTimeMs: 0,
        topics: [
          { name: 'none', partitions: [{ partitionIndex: 0, lowWatermark: -1, errorCode: 3 }] },
          {
            name: 'orders',
            partitions: [
              { partitionIndex: 0, lowWatermark: -1, errorCode: 1 },
              { partitionIndex: 1, lowWatermark: 2, errorCode: 0 },
            ],
          },
        ],
      });
    }
  });

  test('takes -1 for the high watermark', async () => {
    const served = deleteRecordsHandler(new DeleteRecords(await startLogs()));
    const topics = [{ name: 'orders', partitions: [{ partitionIndex: 1, offset: -1 }] }];
    expect(await exchange(served, 0, { topics, timeoutMs: 1000 })).toMatchObject({
      topics: [{ partitions: [{ lowWatermark: 3, errorCode: 0 }] }],
    });
  });
});

describe('OffsetForLeaderEpoch', () => {
  test('says where epochs ended, in every version', async () => {
    const served = offsetForLeaderEpochHandler(new OffsetForLeaderEpoch(await startLogs()));
    const asked = (partition: number, leaderEpoch: number, currentLeaderEpoch = -1) => ({
      partition,
      leaderEpoch,
      currentLeaderEpoch,
    });
    const topics = [
      { topic: 'none', partitions: [asked(0, 5)] },
      { topic: 'orders', partitions: [asked(1, 6), asked(1, 7, EPOCH), asked(1, 5, FIRST_EPOCH)] },
    ];
    expect(versionsOf(served)).toEqual([2, 3, 4]);
    for (const version of versionsOf(served)) {
      const request = version >= 3 ? { replicaId: -2, topics } : { topics };
      expect(await exchange(served, version, request)).toEqual({
        throttleTimeMs: 0,
        topics: [
          {
            topic: 'none',
            partitions: [{ errorCode: 3, partition: 0, leaderEpoch: -1, endOffset: -1 }],
          },
          {
            topic: 'orders',
            partitions: [
              { errorCode: 0, partition: 1, leaderEpoch: 5, endOffset: 2 },
              { errorCode: 0, partition: 1, leaderEpoch: 7, endOffset: 3 },
              { errorCode: 74, partition: 1, leaderEpoch: -1, endOffset: -1 },
            ],
          },
        ],
      });
    }
  });
});

describe('InitProducerId', () => {
  const NEW = { transactionalId: null, transactionTimeoutMs: 60_000 };

  test('gives the next id, in every version', async () => {
    const served = initProducerIdHandler(new InitProducerId((await startMetadata()).metadata));
    expect(versionsOf(served)).toEqual([0, 1, 2, 3, 4, 5]);
    for (const version of versionsOf(served)) {
      expect(await exchange(served, version, NEW)).toEqual({
        throttleTimeMs: 0,
        errorCode: 0,
        producerId: version,
        producerEpoch: 0,
      });
    }
  });

  const NOTHING = { throttleTimeMs: 0, producerId: -1, producerEpoch: -1 };

  test.each([
    [0, { transactionalId: 'tx' }, 'COORDINATOR_NOT_AVAILABLE'],
    [5, { transactionalId: 'tx' }, 'COORDINATOR_NOT_AVAILABLE'],
    [3, { producerId: 4 }, 'INVALID_REQUEST'],
    [3, { producerEpoch: 4 }, 'INVALID_REQUEST'],
  ] as const)('v%d refuses %j', async (version, given, name) => {
    const served = initProducerIdHandler(new InitProducerId((await startMetadata()).metadata));
    const response = await exchange(served, version, { ...NEW, ...given });
    expect(response).toEqual({ ...NOTHING, errorCode: ERROR_CODES[name] });
  });

  test('answers a failing store', async () => {
    const { metadata, storage } = await startMetadata();
    storage.failNextCommit = new StorageError('failed', 'EIO');
    const response = await exchange(initProducerIdHandler(new InitProducerId(metadata)), 1, NEW);
    expect(response).toEqual({ ...NOTHING, errorCode: ERROR_CODES.KAFKA_STORAGE_ERROR });
  });
});
