import type { AlterConfigs } from '../../../domain/use-cases/alter-configs.ts';
import type { BrowseRecords } from '../../../domain/use-cases/browse-records.ts';
import type { CreatePartitions } from '../../../domain/use-cases/create-partitions.ts';
import type { CreateTopics } from '../../../domain/use-cases/create-topics.ts';
import type { DeleteTopics } from '../../../domain/use-cases/delete-topics.ts';
import type { DescribeCluster } from '../../../domain/use-cases/describe-cluster.ts';
import type { DescribeConfigs } from '../../../domain/use-cases/describe-configs.ts';
import type { DescribePartitions } from '../../../domain/use-cases/describe-partitions.ts';
import type { DescribeTopics } from '../../../domain/use-cases/describe-topics.ts';
import type { ExamineGroup } from '../../../domain/use-cases/examine-group.ts';
import type { OpenGroupReader } from '../../../domain/use-cases/open-group-reader.ts';
import type { ListGroups } from '../../../domain/use-cases/list-groups.ts';
import type { ListOffsets } from '../../../domain/use-cases/list-offsets.ts';
import type { ProduceRecords } from '../../../domain/use-cases/produce-records.ts';
import type { ReadRecords } from '../../../domain/use-cases/read-records.ts';
import type { SeekGroup } from '../../../domain/use-cases/seek-group.ts';
import type { SummarizeTopics } from '../../../domain/use-cases/summarize-topics.ts';
import type { TailTopic } from '../../../domain/use-cases/tail-topic.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { BrokerTotals, MetricsPage } from '../../../ports/metrics-page.ts';
import type { Random } from '../../../ports/random.ts';
import type { Timers } from '../../../ports/timers.ts';
import type { BrokerFacts } from './console/broker-facts.ts';

/** What this transport drives. */
export interface HttpUseCases {
  readonly alterConfigs: AlterConfigs;
  readonly browseRecords: BrowseRecords;
  readonly createPartitions: CreatePartitions;
  readonly createTopics: CreateTopics;
  readonly deleteTopics: DeleteTopics;
  readonly describeCluster: DescribeCluster;
  readonly describeConfigs: DescribeConfigs;
  readonly describePartitions: DescribePartitions;
  readonly describeTopics: DescribeTopics;
  readonly examineGroup: ExamineGroup;
  readonly listGroups: ListGroups;
  readonly listOffsets: ListOffsets;
  readonly openGroupReader: OpenGroupReader;
  readonly produceRecords: ProduceRecords;
  readonly readRecords: ReadRecords;
  readonly seekGroup: SeekGroup;
  readonly summarizeTopics: SummarizeTopics;
  readonly tailTopic: TailTopic;
}

/** What the routes of a broker that serves are made from. */
export interface HttpParts {
  readonly useCases: HttpUseCases;
  readonly clusterId: string;
  readonly brokerId: number;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly metricsPage: MetricsPage;
  readonly totals: BrokerTotals;
  readonly facts: BrokerFacts;
  /** The largest body of a request, in bytes. */
  readonly maxBodyBytes: number;
  /** Aborted when the broker stops: what an answer waits for ends. */
  readonly stopping: AbortSignal;
}
