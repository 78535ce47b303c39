import { crc32c } from '@node-rs/crc32';
import { expect } from 'vitest';
import { ClientError } from '../../src/adapters/transport/kafka/client/client-error.ts';
import type { KafkaClient } from '../../src/adapters/transport/kafka/client/kafka-client.ts';
import { CreateTopics } from '../../src/adapters/transport/kafka/messages/create-topics.ts';
import { DescribeConfigs } from '../../src/adapters/transport/kafka/messages/describe-configs.ts';
import { Fetch } from '../../src/adapters/transport/kafka/messages/fetch.ts';
import { Metadata } from '../../src/adapters/transport/kafka/messages/metadata.ts';
import { Produce } from '../../src/adapters/transport/kafka/messages/produce.ts';
import { buildBatch } from '../../src/domain/model/log/batch-builder.ts';
import { batchesIn } from '../../src/domain/model/log/record-batch.ts';
import { recordsIn } from '../../src/domain/model/log/records.ts';

const RESOURCE_TOPIC = 2;
const PER_RUN_MAX = 10;

interface MadeTopic {
  readonly name: string;
  readonly topicId: string;
  readonly retentionMs: string;
  /** Whether its one record was acknowledged. */
  hasRecord: boolean;
}

/** Creates topics one after the other, each with a setting and a record of its own, and knows which were acknowledged. */
export class TopicMaker {
  readonly made: MadeTopic[] = [];
  #asked = 0;

  /** Makes some, or as many as it can until the connection ends. */
  async run(client: KafkaClient): Promise<void> {
    try {
      for (let at = 0; at < PER_RUN_MAX; at++) await this.#make(client);
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== 'closed') throw error;
    }
  }

  /** Whatever was acknowledged is there: the topic, its setting, its record. */
  async check(client: KafkaClient): Promise<void> {
    const { topics } = await client.request(Metadata, { topics: null });
    const ids = new Map(topics.map(topic => [topic.name, topic.topicId]));
    for (const { name, topicId } of this.made)
      expect([name, ids.get(name)]).toEqual([name, topicId]);
    const resources = this.made.map(({ name }) => {
      return {
        resourceType: RESOURCE_TOPIC,
        resourceName: name,
        configurationKeys: ['retention.ms'],
      };
    });
    const { results } = await client.request(DescribeConfigs, { resources });
    const retention = results.map(({ configs }) => configs[0]?.value);
    expect(retention).toEqual(this.made.map(({ retentionMs }) => retentionMs));
    for (const topic of this.made) if (topic.hasRecord) await this.#checkRecord(client, topic);
  }

  async #make(client: KafkaClient): Promise<void> {
    const name = `made-${++this.#asked}`;
    const retentionMs = String(60_000 + this.#asked);
    const configs = [{ name: 'retention.ms', value: retentionMs }];
    const counts = { numPartitions: 1, replicationFactor: 1, assignments: [] };
    const created = await client.request(CreateTopics, { topics: [{ name, ...counts, configs }] });
    const { errorCode, topicId } = created.topics[0]!;
    expect(errorCode).toBe(0);
    const topic = { name, topicId, retentionMs, hasRecord: false };
    this.made.push(topic);
    const { bytes } = buildBatch([{ key: null, value: Buffer.from(name) }], {}, crc32c);
    const partitionData = [{ index: 0, records: bytes }];
    const { responses } = await client.request(Produce, {
      ...{ acks: -1, timeoutMs: 10_000 },
      topicData: [{ name, topicId, partitionData }],
    });
    topic.hasRecord = responses[0]!.partitionResponses[0]!.errorCode === 0;
  }

  async #checkRecord(client: KafkaClient, { name, topicId }: MadeTopic): Promise<void> {
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000 }];
    const { responses } = await client.request(Fetch, {
      ...{ maxWaitMs: 0, minBytes: 0, maxBytes: 10_000 },
      topics: [{ topic: name, topicId, partitions }],
    });
    const batches = batchesIn(responses[0]!.partitions[0]!.records ?? Buffer.alloc(0));
    const values = [...batches].flatMap(batch => [...recordsIn(batch)].map(r => String(r.value)));
    expect(values).toEqual([name]);
  }
}
