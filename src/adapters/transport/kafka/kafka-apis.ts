import type { AlterConfigs } from '../../../domain/use-cases/alter-configs.ts';
import type { CreatePartitions } from '../../../domain/use-cases/create-partitions.ts';
import type { CreateTopics } from '../../../domain/use-cases/create-topics.ts';
import type { DeleteRecords } from '../../../domain/use-cases/delete-records.ts';
import type { DeleteTopics } from '../../../domain/use-cases/delete-topics.ts';
import type { DescribeCluster } from '../../../domain/use-cases/describe-cluster.ts';
import type { DescribeConfigs } from '../../../domain/use-cases/describe-configs.ts';
import type { DescribeTopicPartitions } from '../../../domain/use-cases/describe-topic-partitions.ts';
import type { DescribeTopics } from '../../../domain/use-cases/describe-topics.ts';
import type { Fetch } from '../../../domain/use-cases/fetch.ts';
import type { InitProducerId } from '../../../domain/use-cases/init-producer-id.ts';
import type { ListConfigResources } from '../../../domain/use-cases/list-config-resources.ts';
import type { ListOffsets } from '../../../domain/use-cases/list-offsets.ts';
import type { OffsetForLeaderEpoch } from '../../../domain/use-cases/offset-for-leader-epoch.ts';
import type { Produce } from '../../../domain/use-cases/produce.ts';
import { alterConfigsHandler } from './handlers/alter-configs.ts';
import { apiVersionsHandler } from './handlers/api-versions.ts';
import { createPartitionsHandler } from './handlers/create-partitions.ts';
import { createTopicsHandler } from './handlers/create-topics.ts';
import { deleteRecordsHandler } from './handlers/delete-records.ts';
import { deleteTopicsHandler } from './handlers/delete-topics.ts';
import { describeClusterHandler } from './handlers/describe-cluster.ts';
import { describeConfigsHandler } from './handlers/describe-configs.ts';
import { describeTopicPartitionsHandler } from './handlers/describe-topic-partitions.ts';
import { fetchHandler } from './handlers/fetch.ts';
import { findCoordinatorHandler } from './handlers/find-coordinator.ts';
import { incrementalAlterConfigsHandler } from './handlers/incremental-alter-configs.ts';
import { initProducerIdHandler } from './handlers/init-producer-id.ts';
import { listConfigResourcesHandler } from './handlers/list-config-resources.ts';
import { listOffsetsHandler } from './handlers/list-offsets.ts';
import { metadataHandler } from './handlers/metadata.ts';
import { offsetForLeaderEpochHandler } from './handlers/offset-for-leader-epoch.ts';
import { produceHandler } from './handlers/produce.ts';
import { ApiRegistry } from './registry.ts';

/** What this transport drives. */
export interface KafkaUseCases {
  readonly alterConfigs: AlterConfigs;
  readonly createPartitions: CreatePartitions;
  readonly createTopics: CreateTopics;
  readonly deleteRecords: DeleteRecords;
  readonly deleteTopics: DeleteTopics;
  readonly describeCluster: DescribeCluster;
  readonly describeConfigs: DescribeConfigs;
  readonly describeTopicPartitions: DescribeTopicPartitions;
  readonly describeTopics: DescribeTopics;
  readonly fetch: Fetch;
  readonly initProducerId: InitProducerId;
  readonly listConfigResources: ListConfigResources;
  readonly listOffsets: ListOffsets;
  readonly offsetForLeaderEpoch: OffsetForLeaderEpoch;
  readonly produce: Produce;
}

export interface BrokerFacts {
  readonly clusterId: string;
  readonly brokerId: number;
  /** The epoch that this broker leads every partition with. */
  readonly leaderEpoch: number;
}

/** Every API that is served, with its handler, in the order of their keys. */
export function kafkaApis(use: KafkaUseCases, facts: BrokerFacts): ApiRegistry {
  const registry = new ApiRegistry();
  return registry.add(
    produceHandler(use.produce),
    fetchHandler(use.fetch),
    listOffsetsHandler(use.listOffsets),
    metadataHandler({ ...use, leaderEpoch: facts.leaderEpoch }),
    findCoordinatorHandler(),
    apiVersionsHandler(registry, facts),
    createTopicsHandler(use.createTopics),
    deleteTopicsHandler(use.deleteTopics),
    deleteRecordsHandler(use.deleteRecords),
    initProducerIdHandler(use.initProducerId),
    offsetForLeaderEpochHandler(use.offsetForLeaderEpoch),
    describeConfigsHandler(use.describeConfigs),
    alterConfigsHandler(use.alterConfigs),
    createPartitionsHandler(use.createPartitions),
    incrementalAlterConfigsHandler(use.alterConfigs),
    describeClusterHandler(use.describeCluster),
    listConfigResourcesHandler(use.listConfigResources),
    describeTopicPartitionsHandler(use.describeTopicPartitions, facts),
  );
}
