import { describe, expect, test } from 'vitest';
import {
  ApiVersions,
  ApiVersionsRequest,
} from '../../src/adapters/transport/kafka/messages/api-versions.ts';
import { CreateTopicsRequest } from '../../src/adapters/transport/kafka/messages/create-topics.ts';
import { DeleteRecordsRequest } from '../../src/adapters/transport/kafka/messages/delete-records.ts';
import {
  DescribeLogDirsRequest,
  DescribeLogDirsResponse,
} from '../../src/adapters/transport/kafka/messages/describe-log-dirs.ts';
import {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from '../../src/adapters/transport/kafka/messages/describe-topic-partitions.ts';
import { FetchRequest, FetchResponse } from '../../src/adapters/transport/kafka/messages/fetch.ts';
import {
  MetadataRequest,
  MetadataResponse,
} from '../../src/adapters/transport/kafka/messages/metadata.ts';
import {
  ProduceRequest,
  ProduceResponse,
} from '../../src/adapters/transport/kafka/messages/produce.ts';
import { readRequestHeader } from '../../src/adapters/transport/kafka/wire/headers.ts';
import { WireReader } from '../../src/adapters/transport/kafka/wire/reader.ts';
import type { Message } from '../../src/adapters/transport/kafka/wire/schema.ts';
import { hex } from './support/bytes.ts';
import { read, written } from './support/editions.ts';

interface Golden {
  readonly what: string;
  readonly message: Message;
  readonly version: number;
  readonly bytes: Buffer;
  /** What a writer is told; a reader sees at least this. */
  readonly value: Readonly<Record<string, unknown>>;
}

/** Derived by hand from Kafka's protocol guide, field by field. */
const goldens: readonly Golden[] = [
  {
    what: 'all topics, as older clients ask',
    message: MetadataRequest,
    version: 0,
    bytes: hex('00000000'),
    value: { topics: [] },
  },
  {
    what: 'all topics, nullable',
    message: MetadataRequest,
    version: 4,
    bytes: hex('ffffffff', '01'),
    value: { topics: null, allowAutoTopicCreation: true },
  },
  {
    what: 'a topic by its id',
    message: MetadataRequest,
    version: 12,
    bytes: hex('02', '000102030405060708090a0b0c0d0e0f', '00', '00', '00', '01', '00'),
    value: {
      topics: [{ topicId: 'AAECAwQFBgcICQoLDA0ODw', name: null }],
      allowAutoTopicCreation: false,
      includeTopicAuthorizedOperations: true,
    },
  },
  {
    what: 'one broker, one topic, one partition',
    message: MetadataResponse,
    version: 1,
    bytes: hex(
      '00000001 00000000 0009 6c6f63616c686f7374 00002384 ffff', // broker 0 at localhost:9092, no rack
      '00000000', // controller 0
      '00000001 0000 0006 6f7264657273 00', // orders, not internal
      '00000001 0000 00000000 00000000 00000001 00000000 00000001 00000000',
    ),
    value: {
      brokers: [{ nodeId: 0, host: 'localhost', port: 9092, rack: null }],
      controllerId: 0,
      topics: [
        {
          errorCode: 0,
          name: 'orders',
          isInternal: false,
          partitions: [
            { errorCode: 0, partitionIndex: 0, leaderId: 0, replicaNodes: [0], isrNodes: [0] },
          ],
        },
      ],
    },
  },
  {
    what: 'a batch by topic name, not flexible',
    message: ProduceRequest,
    version: 7,
    bytes: hex(
      'ffff ffff 00007530', // no transactional id, acks -1, 30 s
      '00000001 0006 6f7264657273 00000001 00000002 00000003 aabbcc',
    ),
    value: {
      transactionalId: null,
      acks: -1,
      timeoutMs: 30000,
      topicData: [{ name: 'orders', partitionData: [{ index: 2, records: hex('aabbcc') }] }],
    },
  },
  {
    what: 'a batch by topic id, flexible',
    message: ProduceRequest,
    version: 13,
    bytes: hex(
      '00 0001 000003e8',
      '02 fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0 02 00000002 04 aabbcc 00 00 00',
    ),
    value: {
      transactionalId: null,
      acks: 1,
      timeoutMs: 1000,
      topicData: [
        {
          topicId: '__79_Pv6-fj39vX08_Lx8A',
          partitionData: [{ index: 2, records: hex('aabbcc') }],
        },
      ],
    },
  },
  {
    what: 'a base offset, and a record that was refused',
    message: ProduceResponse,
    version: 9,
    bytes: hex(
      '02 07 6f7264657273', // orders
      '02 00000002 0057 ffffffffffffffff ffffffffffffffff 0000000000000005', // INVALID_RECORD
      '02 00000003 00 00', // record 3, no message
      '04 626164 00 00', // "bad"
      '00000064 00', // throttled for 100 ms
    ),
    value: {
      responses: [
        {
          name: 'orders',
          partitionResponses: [
            {
              index: 2,
              errorCode: 87,
              baseOffset: -1,
              logAppendTimeMs: -1,
              logStartOffset: 5,
              recordErrors: [{ batchIndex: 3, batchIndexErrorMessage: null }],
              errorMessage: 'bad',
            },
          ],
        },
      ],
      throttleTimeMs: 100,
    },
  },
  {
    what: 'a consumer without a session',
    message: FetchRequest,
    version: 11,
    bytes: hex(
      'ffffffff 000001f4 00000001 03200000 01 00000000 ffffffff',
      '00000001 0001 61 00000001 00000000 ffffffff 000000000000002a ffffffffffffffff 00100000',
      '00000000',
      '0000',
    ),
    value: {
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 52428800,
      isolationLevel: 1,
      topics: [
        { topic: 'a', partitions: [{ partition: 0, fetchOffset: 42, partitionMaxBytes: 1048576 }] },
      ],
    },
  },
  {
    what: 'records, aborted transactions and a new leader',
    message: FetchResponse,
    version: 13,
    bytes: hex(
      '00000000 0000 00000007', // session 7
      '02 000102030405060708090a0b0c0d0e0f',
      '02 00000001 0000 0000000000000009 0000000000000008 0000000000000000',
      '02 0000000000000003 0000000000000005 00', // producer 3 aborted from offset 5
      'ffffffff', // no preferred replica
      '03 0102', // two bytes of records
      '01 01 09 00000002 00000004 00', // tag 1: leader 2 in epoch 4
      '00 00',
    ),
    value: {
      sessionId: 7,
      responses: [
        {
          topicId: 'AAECAwQFBgcICQoLDA0ODw',
          partitions: [
            {
              partitionIndex: 1,
              errorCode: 0,
              highWatermark: 9,
              lastStableOffset: 8,
              logStartOffset: 0,
              currentLeader: { leaderId: 2, leaderEpoch: 4 },
              abortedTransactions: [{ producerId: 3, firstOffset: 5 }],
              records: hex('0102'),
            },
          ],
        },
      ],
    },
  },
  {
    what: 'a topic with an assignment and a config',
    message: CreateTopicsRequest,
    version: 2,
    bytes: hex(
      '00000001 0001 61 ffffffff ffff',
      '00000001 00000000 00000002 00000001 00000002',
      '00000001 000c 726574656e74696f6e2e6d73 0005 3630303030',
      '00007530 01',
    ),
    value: {
      topics: [
        {
          name: 'a',
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: 0, brokerIds: [1, 2] }],
          configs: [{ name: 'retention.ms', value: '60000' }],
        },
      ],
      timeoutMs: 30000,
      validateOnly: true,
    },
  },
  {
    what: 'up to the high watermark',
    message: DeleteRecordsRequest,
    version: 0,
    bytes: hex('00000001 0001 61 00000001 00000003 ffffffffffffffff 000003e8'),
    value: {
      topics: [{ name: 'a', partitions: [{ partitionIndex: 3, offset: -1 }] }],
      timeoutMs: 1000,
    },
  },
  {
    what: 'every log',
    message: DescribeLogDirsRequest,
    version: 1,
    bytes: hex('ffffffff'),
    value: { topics: null },
  },
  {
    what: 'one log of one directory, and the room there is',
    message: DescribeLogDirsResponse,
    version: 5,
    bytes: hex(
      '00000000 0000 02 0000 06 2f64617461', // no throttling, no error, one directory without one: /data
      '02 02 61 02 00000003 0000000000000045 0000000000000000 00 00 00', // a-3 of 69 bytes
      '0000000000001000 0000000000000800 00 00', // of 4096 bytes 2048 are left; not cordoned
      '00',
    ),
    value: {
      throttleTimeMs: 0,
      errorCode: 0,
      results: [
        {
          errorCode: 0,
          logDir: '/data',
          topics: [
            {
              name: 'a',
              partitions: [
                { partitionIndex: 3, partitionSize: 69, offsetLag: 0, isFutureKey: false },
              ],
            },
          ],
          totalBytes: 4096,
          usableBytes: 2048,
          isCordoned: false,
        },
      ],
    },
  },
  {
    what: 'no cursor',
    message: DescribeTopicPartitionsRequest,
    version: 0,
    bytes: hex('02 02 61 00', '000007d0', 'ff', '00'),
    value: { topics: [{ name: 'a' }], cursor: null },
  },
  {
    what: 'a cursor',
    message: DescribeTopicPartitionsResponse,
    version: 0,
    bytes: hex('00000000', '01', '01 02 61 00000005 00', '00'),
    value: { throttleTimeMs: 0, topics: [], nextCursor: { topicName: 'a', partitionIndex: 5 } },
  },
];

describe('golden bytes', () => {
  test.each(goldens)('$message.name v$version: $what', ({ message, version, bytes, value }) => {
    expect(written(message, version, value).toString('hex')).toBe(bytes.toString('hex'));
    expect(read(message, version, bytes)).toMatchObject({ value, left: 0 });
  });

  test('a whole ApiVersions v3 request, header version 2', () => {
    const frame = hex(
      '0012 0003 00000001', // api key, version, correlation id
      '0007 72646b61666b61', // client id: its length is never compact
      '00', // no tagged fields in the header
      '0b 6c696272646b61666b61 06 322e302e32 00', // librdkafka 2.0.2
    );
    const reader = new WireReader().reset(frame);
    const isFlexible = (_: number, version: number): boolean =>
      ApiVersions.request.isFlexible(version);
    const expected = { apiKey: 18, apiVersion: 3, correlationId: 1, clientId: 'rdkafka' };
    expect(readRequestHeader(reader, isFlexible)).toEqual(expected);
    expect(ApiVersionsRequest.at(3).read(reader)).toMatchObject({
      clientSoftwareName: 'librdkafka',
      clientSoftwareVersion: '2.0.2',
    });
    expect(reader.remaining).toBe(0);
  });
});
