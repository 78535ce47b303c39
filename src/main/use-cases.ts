import { FetchSessionCache } from '../domain/model/fetch/fetch-session-cache.ts';
import { AlterConfigs } from '../domain/use-cases/alter-configs.ts';
import { BrowseRecords } from '../domain/use-cases/browse-records.ts';
import { CommitOffsets } from '../domain/use-cases/commit-offsets.ts';
import { ConsumerGroupHeartbeat } from '../domain/use-cases/consumer-group-heartbeat.ts';
import { CreatePartitions } from '../domain/use-cases/create-partitions.ts';
import type { CreateTopics } from '../domain/use-cases/create-topics.ts';
import { DeleteGroups } from '../domain/use-cases/delete-groups.ts';
import { DeleteOffsets } from '../domain/use-cases/delete-offsets.ts';
import { DeleteRecords } from '../domain/use-cases/delete-records.ts';
import { DeleteTopics } from '../domain/use-cases/delete-topics.ts';
import { DescribeCluster, type BrokerNode } from '../domain/use-cases/describe-cluster.ts';
import { DescribeConfigs } from '../domain/use-cases/describe-configs.ts';
import { DescribeConsumerGroups } from '../domain/use-cases/describe-consumer-groups.ts';
import { DescribeGroups } from '../domain/use-cases/describe-groups.ts';
import { DescribeLogDirs } from '../domain/use-cases/describe-log-dirs.ts';
import { DescribePartitions } from '../domain/use-cases/describe-partitions.ts';
import { DescribeTopicPartitions } from '../domain/use-cases/describe-topic-partitions.ts';
import { DescribeTopics } from '../domain/use-cases/describe-topics.ts';
import { ExamineGroup } from '../domain/use-cases/examine-group.ts';
import { FetchOffsets } from '../domain/use-cases/fetch-offsets.ts';
import { Fetch } from '../domain/use-cases/fetch.ts';
import { FindCoordinator } from '../domain/use-cases/find-coordinator.ts';
import { Heartbeat } from '../domain/use-cases/heartbeat.ts';
import { InitProducerId } from '../domain/use-cases/init-producer-id.ts';
import { JoinGroup } from '../domain/use-cases/join-group.ts';
import { LeaveGroup } from '../domain/use-cases/leave-group.ts';
import { ListConfigResources } from '../domain/use-cases/list-config-resources.ts';
import { ListGroups } from '../domain/use-cases/list-groups.ts';
import { ListOffsets } from '../domain/use-cases/list-offsets.ts';
import { OffsetForLeaderEpoch } from '../domain/use-cases/offset-for-leader-epoch.ts';
import { OpenGroupReader } from '../domain/use-cases/open-group-reader.ts';
import { ProduceRecords } from '../domain/use-cases/produce-records.ts';
import { Produce } from '../domain/use-cases/produce.ts';
import { ReadRecords } from '../domain/use-cases/read-records.ts';
import { SeekGroup } from '../domain/use-cases/seek-group.ts';
import { SummarizeTopics } from '../domain/use-cases/summarize-topics.ts';
import { SyncGroup } from '../domain/use-cases/sync-group.ts';
import { TailTopic } from '../domain/use-cases/tail-topic.ts';
import { BatchReader } from '../domain/use-cases/runtime/batch-reader.ts';
import type { FlushPolicy } from '../domain/use-cases/runtime/flush-policy.ts';
import type { GroupCoordinators } from '../domain/use-cases/runtime/group-coordinators.ts';
import type { MetadataLog } from '../domain/use-cases/runtime/metadata-log.ts';
import type { PartitionCensus } from '../domain/use-cases/runtime/partition-census.ts';
import type { PartitionRegistry } from '../domain/use-cases/runtime/partition-registry.ts';
import type { RecordIntake } from '../domain/use-cases/runtime/record-intake.ts';
import { StartPositions } from '../domain/use-cases/runtime/start-positions.ts';
import type { Checksum } from '../ports/checksum.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConsumerProtocol } from '../ports/consumer-protocol.ts';
import type { Compression } from '../ports/compression.ts';
import type { LogStorage } from '../ports/log-storage.ts';
import type { Logger } from '../ports/logger.ts';
import type { Random } from '../ports/random.ts';
import type { Timers } from '../ports/timers.ts';

/** What the use cases stand on. */
export interface UseCaseParts {
  readonly metadata: MetadataLog;
  readonly partitions: PartitionRegistry;
  readonly census: PartitionCensus;
  readonly intake: RecordIntake;
  readonly storage: LogStorage;
  readonly createTopics: CreateTopics;
  readonly groups: GroupCoordinators;
  readonly flushPolicy: FlushPolicy;
  readonly self: { node: BrokerNode };
  readonly checksum: Checksum;
  readonly compression: Compression;
  readonly consumerProtocol: ConsumerProtocol;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
}

/** Kafka's `min.incremental.fetch.session.eviction.ms`. */
const SESSION_EVICTION_MS = 120_000;

/** What the transports drive; each names those it needs. */
export type UseCases = ReturnType<typeof useCases>;

/** Makes every use case, once. */
export function useCases(parts: UseCaseParts) {
  const { metadata, partitions, createTopics, logger, self } = parts;
  const { state } = metadata;
  const brokerId = self.node.id;
  const produce = new Produce({ ...parts, registry: partitions });
  const fetch = fetchUseCase(parts);
  const listOffsets = new ListOffsets(partitions, parts.compression);
  const describeTopics = new DescribeTopics(state, createTopics);
  const groups = groupUseCases(parts);
  return {
    ...groups,
    examineGroup: new ExamineGroup({ ...parts, ...groups, listOffsets }),
    seekGroup: new SeekGroup({ ...groups, topics: state, starts: new StartPositions(listOffsets) }),
    ...recordUseCases(parts, { produce, fetch, listOffsets, describeTopics, groups }),
    alterConfigs: new AlterConfigs(metadata, brokerId),
    createPartitions: new CreatePartitions(metadata, brokerId),
    createTopics,
    deleteRecords: new DeleteRecords(partitions),
    deleteTopics: new DeleteTopics(metadata, partitions, logger),
    describeCluster: new DescribeCluster(metadata, () => self.node),
    describeConfigs: new DescribeConfigs(state, brokerId),
    describeLogDirs: new DescribeLogDirs(state, parts.storage),
    describePartitions: new DescribePartitions(state, partitions),
    describeTopicPartitions: new DescribeTopicPartitions(state),
    describeTopics,
    fetch,
    initProducerId: new InitProducerId(metadata),
    listConfigResources: new ListConfigResources(state, brokerId),
    listOffsets,
    offsetForLeaderEpoch: new OffsetForLeaderEpoch(partitions),
    produce,
    summarizeTopics: new SummarizeTopics(parts.census),
  };
}

function groupUseCases({ groups, partitions, metadata, random, self }: UseCaseParts) {
  return {
    commitOffsets: new CommitOffsets(groups, partitions),
    consumerGroupHeartbeat: new ConsumerGroupHeartbeat(groups, random),
    deleteGroups: new DeleteGroups(groups),
    deleteOffsets: new DeleteOffsets(groups, partitions),
    describeConsumerGroups: new DescribeConsumerGroups(groups),
    describeGroups: new DescribeGroups(groups),
    fetchOffsets: new FetchOffsets(groups, metadata.state),
    findCoordinator: new FindCoordinator(groups, () => self.node),
    heartbeat: new Heartbeat(groups),
    joinGroup: new JoinGroup(groups, metadata.state.broker, random),
    leaveGroup: new LeaveGroup(groups),
    listGroups: new ListGroups(groups),
    syncGroup: new SyncGroup(groups),
  };
}

/** For those who speak in records, not in batches. */
function recordUseCases(
  parts: UseCaseParts,
  through: {
    produce: Produce;
    fetch: Fetch;
    listOffsets: ListOffsets;
    describeTopics: DescribeTopics;
    groups: ReturnType<typeof groupUseCases>;
  },
) {
  const { fetch } = through;
  const topics = parts.metadata.state;
  const reader = new BatchReader(parts.compression);
  // Of their own: those who tail and have stopped to read keep nobody else from reading.
  const tailReader = new BatchReader(parts.compression);
  const starts = new StartPositions(through.listOffsets);
  const readRecords = new ReadRecords(fetch, reader);
  return {
    browseRecords: new BrowseRecords(topics, starts, readRecords),
    openGroupReader: new OpenGroupReader({
      ...parts,
      ...through.groups,
      ...through,
      heartbeat: through.groups.consumerGroupHeartbeat,
      reader,
      topics,
    }),
    produceRecords: new ProduceRecords({ ...parts, ...through }),
    readRecords,
    tailTopic: new TailTopic({ ...parts, topics, fetch, starts, reader: tailReader }),
  };
}

function fetchUseCase({ metadata, partitions, clock, timers, random }: UseCaseParts): Fetch {
  const { broker } = metadata.state;
  const slots = broker.get('max.incremental.fetch.session.cache.slots');
  const randomId = (): number => random.integer(0x7fff_ffff);
  return new Fetch({
    registry: partitions,
    sessions: new FetchSessionCache(slots, SESSION_EVICTION_MS, randomId),
    clock,
    timers,
    maxBytes: () => broker.get('fetch.max.bytes'),
  });
}
