import { CreateTopics } from '../messages/create-topics.ts';
import { DeleteTopics } from '../messages/delete-topics.ts';
import { DescribeConfigs } from '../messages/describe-configs.ts';
import { ClientError, expectSuccess } from './client-error.ts';
import type { KafkaCluster, PartitionInfo, TopicInfo } from './kafka-cluster.ts';
import { ZERO_UUID } from '../wire/schema.ts';
import { endOffsets, startOffsets } from './offsets.ts';

export interface TopicToCreate {
  readonly name: string;
  /** Null for the broker's default. */
  readonly partitions: number | null;
  readonly replicationFactor: number | null;
  readonly configs: ReadonlyMap<string, string>;
}

/** A topic with where its logs begin and end, and the settings that are not at their defaults. */
export interface TopicDescription extends Omit<TopicInfo, 'partitions'> {
  readonly partitions: readonly (PartitionInfo & { startOffset: number; endOffset: number })[];
  readonly configs: ReadonlyMap<string, string | null>;
}

const TIMEOUT_MS = 30_000;
const FIRST_VERSION_WITH_DEFAULTS = 4;
const FIRST_VERSION_WITH_STRUCTS = 6;
const DEFAULT = -1;
/** ConfigResource.Type.TOPIC and DescribeConfigsResponse.ConfigSource.DEFAULT_CONFIG. */
const TOPIC_RESOURCE = 2;
const DEFAULT_CONFIG = 5;

/** Rejects with `refused` when the broker does not create it. */
export async function createTopic(cluster: KafkaCluster, topic: TopicToCreate): Promise<void> {
  const controller = await cluster.controller();
  const { topics } = await controller.request(CreateTopics, version => {
    // Before the broker could choose (KIP-464), one was the least that could be asked for.
    const choose = version < FIRST_VERSION_WITH_DEFAULTS ? 1 : DEFAULT;
    const asked = {
      name: topic.name,
      numPartitions: topic.partitions ?? choose,
      replicationFactor: topic.replicationFactor ?? choose,
      assignments: [],
      configs: Array.from(topic.configs, ([name, value]) => ({ name, value })),
    };
    return { topics: [asked], timeoutMs: TIMEOUT_MS };
  });
  const [created] = topics;
  expectSuccess(created?.errorCode ?? 0, `create ${topic.name}`, created?.errorMessage ?? null);
}

/** Rejects with `refused` when the broker does not delete it. */
export async function deleteTopic(cluster: KafkaCluster, name: string): Promise<void> {
  const controller = await cluster.controller();
  const { responses } = await controller.request(DeleteTopics, version => ({
    ...(version < FIRST_VERSION_WITH_STRUCTS ? { topicNames: [name] } : {}),
    ...(version < FIRST_VERSION_WITH_STRUCTS ? {} : { topics: [{ name, topicId: ZERO_UUID }] }),
    timeoutMs: TIMEOUT_MS,
  }));
  const [deleted] = responses;
  expectSuccess(deleted?.errorCode ?? 0, `delete ${name}`, deleted?.errorMessage ?? null);
}

/** Rejects with `refused` when there is no such topic. */
export async function describeTopic(
  cluster: KafkaCluster,
  name: string,
): Promise<TopicDescription> {
  const topic = await cluster.topic(name);
  const partitions = topic.partitions.map(({ partition }) => partition);
  const [starts, ends, configs] = await Promise.all([
    startOffsets(cluster, topic, partitions),
    endOffsets(cluster, topic, partitions),
    changedConfigs(cluster, name),
  ]);
  const located = topic.partitions.map(info => ({
    ...info,
    startOffset: starts.get(info.partition)!,
    endOffset: ends.get(info.partition)!,
  }));
  return { ...topic, partitions: located, configs };
}

async function changedConfigs(
  cluster: KafkaCluster,
  name: string,
): Promise<ReadonlyMap<string, string | null>> {
  const controller = await cluster.controller();
  const { results } = await controller.request(DescribeConfigs, {
    resources: [{ resourceType: TOPIC_RESOURCE, resourceName: name, configurationKeys: null }],
  });
  const [result] = results;
  if (result === undefined) throw new ClientError('protocol', `no configs of ${name} were told`);
  expectSuccess(result.errorCode, `configs of ${name}`, result.errorMessage);
  const changed = result.configs.filter(({ configSource }) => configSource !== DEFAULT_CONFIG);
  return new Map(changed.map(config => [config.name, config.value]));
}
