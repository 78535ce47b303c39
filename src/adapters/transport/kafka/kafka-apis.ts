import type { AlterConfigs } from '../../../domain/use-cases/alter-configs.ts';
import type { CommitOffsets } from '../../../domain/use-cases/commit-offsets.ts';
import type { ConsumerGroupHeartbeat } from '../../../domain/use-cases/consumer-group-heartbeat.ts';
import type { CreatePartitions } from '../../../domain/use-cases/create-partitions.ts';
import type { CreateTopics } from '../../../domain/use-cases/create-topics.ts';
import type { DeleteGroups } from '../../../domain/use-cases/delete-groups.ts';
import type { DeleteOffsets } from '../../../domain/use-cases/delete-offsets.ts';
import type { DeleteRecords } from '../../../domain/use-cases/delete-records.ts';
import type { DeleteTopics } from '../../../domain/use-cases/delete-topics.ts';
import type { DescribeCluster } from '../../../domain/use-cases/describe-cluster.ts';
import type { DescribeConfigs } from '../../../domain/use-cases/describe-configs.ts';
import type { DescribeConsumerGroups } from '../../../domain/use-cases/describe-consumer-groups.ts';
import type { DescribeGroups } from '../../../domain/use-cases/describe-groups.ts';
import type { DescribeLogDirs } from '../../../domain/use-cases/describe-log-dirs.ts';
import type { DescribeTopicPartitions } from '../../../domain/use-cases/describe-topic-partitions.ts';
import type { DescribeTopics } from '../../../domain/use-cases/describe-topics.ts';
import type { FetchOffsets } from '../../../domain/use-cases/fetch-offsets.ts';
import type { Fetch } from '../../../domain/use-cases/fetch.ts';
import type { FindCoordinator } from '../../../domain/use-cases/find-coordinator.ts';
import type { Heartbeat } from '../../../domain/use-cases/heartbeat.ts';
import type { InitProducerId } from '../../../domain/use-cases/init-producer-id.ts';
import type { JoinGroup } from '../../../domain/use-cases/join-group.ts';
import type { LeaveGroup } from '../../../domain/use-cases/leave-group.ts';
import type { ListConfigResources } from '../../../domain/use-cases/list-config-resources.ts';
import type { ListGroups } from '../../../domain/use-cases/list-groups.ts';
import type { ListOffsets } from '../../../domain/use-cases/list-offsets.ts';
import type { OffsetForLeaderEpoch } from '../../../domain/use-cases/offset-for-leader-epoch.ts';
import type { Produce } from '../../../domain/use-cases/produce.ts';
import type { SyncGroup } from '../../../domain/use-cases/sync-group.ts';
import type { Metrics } from '../../../ports/metrics.ts';
import { alterConfigsHandler } from './handlers/alter-configs.ts';
import { apiVersionsHandler } from './handlers/api-versions.ts';
import { consumerGroupDescribeHandler } from './handlers/consumer-group-describe.ts';
import { consumerGroupHeartbeatHandler } from './handlers/consumer-group-heartbeat.ts';
import { createPartitionsHandler } from './handlers/create-partitions.ts';
import { createTopicsHandler } from './handlers/create-topics.ts';
import { deleteGroupsHandler } from './handlers/delete-groups.ts';
import { deleteRecordsHandler } from './handlers/delete-records.ts';
import { deleteTopicsHandler } from './handlers/delete-topics.ts';
import { describeClusterHandler } from './handlers/describe-cluster.ts';
import { describeConfigsHandler } from './handlers/describe-configs.ts';
import { describeGroupsHandler } from './handlers/describe-groups.ts';
import { describeLogDirsHandler } from './handlers/describe-log-dirs.ts';
import { describeTopicPartitionsHandler } from './handlers/describe-topic-partitions.ts';
import { fetchHandler } from './handlers/fetch.ts';
import { findCoordinatorHandler } from './handlers/find-coordinator.ts';
import { heartbeatHandler } from './handlers/heartbeat.ts';
import { incrementalAlterConfigsHandler } from './handlers/incremental-alter-configs.ts';
import { initProducerIdHandler } from './handlers/init-producer-id.ts';
import { joinGroupHandler } from './handlers/join-group.ts';
import { leaveGroupHandler } from './handlers/leave-group.ts';
import { listConfigResourcesHandler } from './handlers/list-config-resources.ts';
import { listGroupsHandler } from './handlers/list-groups.ts';
import { listOffsetsHandler } from './handlers/list-offsets.ts';
import { metadataHandler } from './handlers/metadata.ts';
import { offsetCommitHandler } from './handlers/offset-commit.ts';
import { offsetDeleteHandler } from './handlers/offset-delete.ts';
import { offsetFetchHandler } from './handlers/offset-fetch.ts';
import { offsetForLeaderEpochHandler } from './handlers/offset-for-leader-epoch.ts';
import { produceHandler } from './handlers/produce.ts';
import { syncGroupHandler } from './handlers/sync-group.ts';
import { ApiRegistry } from './registry.ts';

/** What this transport drives. */
export interface KafkaUseCases {
  readonly alterConfigs: AlterConfigs;
  readonly commitOffsets: CommitOffsets;
  readonly consumerGroupHeartbeat: ConsumerGroupHeartbeat;
  readonly createPartitions: CreatePartitions;
  readonly createTopics: CreateTopics;
  readonly deleteGroups: DeleteGroups;
  readonly deleteOffsets: DeleteOffsets;
  readonly deleteRecords: DeleteRecords;
  readonly deleteTopics: DeleteTopics;
  readonly describeCluster: DescribeCluster;
  readonly describeConfigs: DescribeConfigs;
  readonly describeConsumerGroups: DescribeConsumerGroups;
  readonly describeGroups: DescribeGroups;
  readonly describeLogDirs: DescribeLogDirs;
  readonly describeTopicPartitions: DescribeTopicPartitions;
  readonly describeTopics: DescribeTopics;
  readonly fetch: Fetch;
  readonly fetchOffsets: FetchOffsets;
  readonly findCoordinator: FindCoordinator;
  readonly heartbeat: Heartbeat;
  readonly initProducerId: InitProducerId;
  readonly joinGroup: JoinGroup;
  readonly leaveGroup: LeaveGroup;
  readonly listConfigResources: ListConfigResources;
  readonly listGroups: ListGroups;
  readonly listOffsets: ListOffsets;
  readonly offsetForLeaderEpoch: OffsetForLeaderEpoch;
  readonly produce: Produce;
  readonly syncGroup: SyncGroup;
}

export interface BrokerFacts {
  readonly clusterId: string;
  readonly brokerId: number;
  /** The epoch that this broker leads every partition with. */
  readonly leaderEpoch: number;
}

/** Every API that is served, with its handler, in the order of their keys. */
export function kafkaApis(use: KafkaUseCases, facts: BrokerFacts, metrics?: Metrics): ApiRegistry {
  const registry = new ApiRegistry(metrics);
  return registry.add(
    produceHandler(use.produce),
    fetchHandler(use.fetch),
    listOffsetsHandler(use.listOffsets),
    metadataHandler({ ...use, leaderEpoch: facts.leaderEpoch }),
    offsetCommitHandler(use.commitOffsets),
    offsetFetchHandler(use.fetchOffsets),
    findCoordinatorHandler(use.findCoordinator),
    joinGroupHandler(use.joinGroup),
    heartbeatHandler(use.heartbeat),
    leaveGroupHandler(use.leaveGroup),
    syncGroupHandler(use.syncGroup),
    describeGroupsHandler(use.describeGroups),
    listGroupsHandler(use.listGroups),
    apiVersionsHandler(registry, facts),
    createTopicsHandler(use.createTopics),
    deleteTopicsHandler(use.deleteTopics),
    deleteRecordsHandler(use.deleteRecords),
    initProducerIdHandler(use.initProducerId),
    offsetForLeaderEpochHandler(use.offsetForLeaderEpoch),
    describeConfigsHandler(use.describeConfigs),
    alterConfigsHandler(use.alterConfigs),
    describeLogDirsHandler(use.describeLogDirs),
    createPartitionsHandler(use.createPartitions),
    deleteGroupsHandler(use.deleteGroups),
    incrementalAlterConfigsHandler(use.alterConfigs),
    offsetDeleteHandler(use.deleteOffsets),
    describeClusterHandler(use.describeCluster),
    consumerGroupHeartbeatHandler(use.consumerGroupHeartbeat),
    consumerGroupDescribeHandler(use.describeConsumerGroups),
    listConfigResourcesHandler(use.listConfigResources),
    describeTopicPartitionsHandler(use.describeTopicPartitions, facts),
  );
}
