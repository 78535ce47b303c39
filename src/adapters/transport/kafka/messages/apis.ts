import type { Api } from '../wire/schema.ts';
import { AlterConfigs } from './alter-configs.ts';
import { ApiVersions } from './api-versions.ts';
import { CreatePartitions } from './create-partitions.ts';
import { CreateTopics } from './create-topics.ts';
import { DeleteRecords } from './delete-records.ts';
import { DeleteTopics } from './delete-topics.ts';
import { DescribeCluster } from './describe-cluster.ts';
import { DescribeConfigs } from './describe-configs.ts';
import { DescribeTopicPartitions } from './describe-topic-partitions.ts';
import { Fetch } from './fetch.ts';
import { FindCoordinator } from './find-coordinator.ts';
import { IncrementalAlterConfigs } from './incremental-alter-configs.ts';
import { InitProducerId } from './init-producer-id.ts';
import { ListConfigResources } from './list-config-resources.ts';
import { ListOffsets } from './list-offsets.ts';
import { Metadata } from './metadata.ts';
import { OffsetForLeaderEpoch } from './offset-for-leader-epoch.ts';
import { Produce } from './produce.ts';

/** Every API that is described here, by key. Each is served in all of its versions. */
export const APIS: readonly Api[] = [
  Produce,
  Fetch,
  ListOffsets,
  Metadata,
  FindCoordinator,
  ApiVersions,
  CreateTopics,
  DeleteTopics,
  DeleteRecords,
  InitProducerId,
  OffsetForLeaderEpoch,
  DescribeConfigs,
  AlterConfigs,
  CreatePartitions,
  IncrementalAlterConfigs,
  DescribeCluster,
  ListConfigResources,
  DescribeTopicPartitions,
];
