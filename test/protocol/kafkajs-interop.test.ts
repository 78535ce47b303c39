import { describe, expect, test } from 'vitest';
import { answered, from, requested } from './support/kafkajs.ts';

describe('requests as kafkajs writes them', () => {
  test.each(from(3, 7))('Produce v%d', async version => {
    const messages = [{ key: 'k', value: 'hello', headers: {}, timestamp: 1_700_000_000_000 }];
    const topicData = [
      { topic: 'orders', partitions: [{ partition: 2, firstSequence: 0, messages }] },
    ];
    const options = { acks: -1, timeout: 30000, compression: 0, topicData };
    const value = (await requested('Produce', version, options)) as {
      topicData: { partitionData: { records: Buffer }[] }[];
    };
    expect(value).toMatchObject({
      transactionalId: null,
      acks: -1,
      timeoutMs: 30000,
      topicData: [{ name: 'orders', partitionData: [{ index: 2 }] }],
    });
    const { records } = value.topicData[0]!.partitionData[0]!;
    expect(records.readInt32BE(8)).toBe(records.length - 12); // the batch's own length
    expect(records[16]).toBe(2); // magic
    expect(records.includes('hello')).toBe(true);
  });

  test.each(from(4, 11))('Fetch v%d', async version => {
    const partitions = [{ partition: 3, fetchOffset: '42', maxBytes: 1000 }];
    const limits = {
      replicaId: -1,
      maxWaitTime: 500,
      minBytes: 1,
      maxBytes: 9000,
      isolationLevel: 1,
    };
    const options = { ...limits, topics: [{ topic: 'orders', partitions }] };
    const topic = {
      topic: 'orders',
      partitions: [{ partition: 3, fetchOffset: 42, partitionMaxBytes: 1000 }],
    };
    expect(await requested('Fetch', version, options)).toMatchObject({
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 9000,
      isolationLevel: 1,
      topics: [topic],
    });
  });

  test.each(from(1, 3))('ListOffsets v%d', async version => {
    const topics = [{ topic: 'orders', partitions: [{ partition: 1, timestamp: '-2' }] }];
    expect(
      await requested('ListOffsets', version, { replicaId: -1, isolationLevel: 1, topics }),
    ).toMatchObject({
      replicaId: -1,
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 1, timestamp: -2 }] }],
    });
  });

  test.each(from(0, 6))('Metadata v%d', async version => {
    const options = { topics: ['orders'], allowAutoTopicCreation: false };
    expect(await requested('Metadata', version, options)).toMatchObject({
      topics: [{ name: 'orders' }],
      allowAutoTopicCreation: version < 4,
    });
  });

  test.each(from(2, 3))('CreateTopics v%d', async version => {
    const configEntries = [{ name: 'retention.ms', value: '60000' }];
    const topic = { topic: 'orders', numPartitions: 3, replicationFactor: 1, configEntries };
    expect(
      await requested('CreateTopics', version, { topics: [topic], timeout: 5000 }),
    ).toMatchObject({
      topics: [{ name: 'orders', numPartitions: 3, replicationFactor: 1, configs: configEntries }],
      timeoutMs: 5000,
      validateOnly: false,
    });
  });

  test.each(from(0, 1))('InitProducerId v%d', async version => {
    expect(await requested('InitProducerId', version, { transactionTimeout: 6000 })).toMatchObject({
      transactionalId: null,
      transactionTimeoutMs: 6000,
      producerId: -1,
    });
  });
});

describe('responses as kafkajs reads them', () => {
  test.each(from(3, 7))('Produce v%d', async version => {
    const partition = { index: 2, errorCode: 0, baseOffset: 41, logStartOffset: 7 };
    const response = { responses: [{ name: 'orders', partitionResponses: [partition] }] };
    expect(await answered('Produce', version, response)).toMatchObject({
      topics: [
        { topicName: 'orders', partitions: [{ partition: 2, errorCode: 0, baseOffset: '41' }] },
      ],
    });
  });

  test.each(from(4, 11))('Fetch v%d', async version => {
    const partition = {
      partitionIndex: 1,
      errorCode: 0,
      highWatermark: 9,
      records: Buffer.alloc(0),
    };
    const aborted = [{ producerId: 3, firstOffset: 5 }];
    const partitions = [{ ...partition, abortedTransactions: aborted }];
    expect(
      await answered('Fetch', version, { responses: [{ topic: 'orders', partitions }] }),
    ).toMatchObject({
      responses: [
        {
          topicName: 'orders',
          partitions: [
            {
              partition: 1,
              highWatermark: '9',
              abortedTransactions: [{ producerId: '3', firstOffset: '5' }],
              messages: [],
            },
          ],
        },
      ],
    });
  });

  test.each(from(0, 6))('Metadata v%d', async version => {
    const partition = {
      errorCode: 0,
      partitionIndex: 0,
      leaderId: 5,
      replicaNodes: [5],
      isrNodes: [5],
    };
    const response = {
      brokers: [{ nodeId: 5, host: 'localhost', port: 9092 }],
      clusterId: 'cluster',
      controllerId: 5,
      topics: [{ errorCode: 0, name: 'orders', partitions: [partition] }],
    };
    expect(await answered('Metadata', version, response)).toMatchObject({
      brokers: [{ nodeId: 5, host: 'localhost', port: 9092 }],
      topicMetadata: [
        {
          topic: 'orders',
          partitionMetadata: [{ partitionId: 0, leader: 5, replicas: [5], isr: [5] }],
        },
      ],
    });
  });

  test.each(from(0, 2))('ApiVersions v%d', async version => {
    const response = { errorCode: 0, apiKeys: [{ apiKey: 0, minVersion: 0, maxVersion: 13 }] };
    expect(await answered('ApiVersions', version, response)).toMatchObject({
      apiVersions: [{ apiKey: 0, minVersion: 0, maxVersion: 13 }],
    });
  });

  test.each(from(1, 2))('DescribeConfigs v%d', async version => {
    const config = {
      name: 'retention.ms',
      value: '1',
      readOnly: false,
      configSource: 1,
      isSensitive: false,
    };
    const configs = [
      { ...config, synonyms: [{ name: 'log.retention.ms', value: '2', source: 4 }] },
    ];
    const result = {
      errorCode: 0,
      errorMessage: null,
      resourceType: 2,
      resourceName: 'orders',
      configs,
    };
    const response = {
      throttleTimeMs: 0,
      results: [{ ...result, configs: configs.map(c => ({ ...c, documentation: null })) }],
    };
    expect(await answered('DescribeConfigs', version, response)).toMatchObject({
      resources: [
        {
          resourceName: 'orders',
          configEntries: [
            {
              configName: 'retention.ms',
              configSource: 1,
              configSynonyms: [
                { configName: 'log.retention.ms', configValue: '2', configSource: 4 },
              ],
            },
          ],
        },
      ],
    });
  });
});
