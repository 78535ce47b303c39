import { Re2Regex } from '../../src/adapters/runtime/re2-regex.ts';
import { Crc32c } from '../../src/adapters/runtime/crc32c.ts';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import { KafkaConsumerProtocol } from '../../src/adapters/transport/kafka/records/consumer-protocol.ts';
import { KafkaGroupRecords } from '../../src/adapters/transport/kafka/records/kafka-group-records.ts';
import { CommitOffsets } from '../../src/domain/use-cases/commit-offsets.ts';
import { ConsumerGroupHeartbeat } from '../../src/domain/use-cases/consumer-group-heartbeat.ts';
import { CreateTopics } from '../../src/domain/use-cases/create-topics.ts';
import { DeleteGroups } from '../../src/domain/use-cases/delete-groups.ts';
import { DeleteOffsets } from '../../src/domain/use-cases/delete-offsets.ts';
import { DescribeConsumerGroups } from '../../src/domain/use-cases/describe-consumer-groups.ts';
import { DescribeGroups } from '../../src/domain/use-cases/describe-groups.ts';
import { FetchOffsets } from '../../src/domain/use-cases/fetch-offsets.ts';
import { FindCoordinator } from '../../src/domain/use-cases/find-coordinator.ts';
import { Heartbeat } from '../../src/domain/use-cases/heartbeat.ts';
import { JoinGroup, type JoinGroupCommand } from '../../src/domain/use-cases/join-group.ts';
import { LeaveGroup } from '../../src/domain/use-cases/leave-group.ts';
import { ListGroups } from '../../src/domain/use-cases/list-groups.ts';
import { GroupCoordinators } from '../../src/domain/use-cases/runtime/group-coordinators.ts';
import { FlushPolicy } from '../../src/domain/use-cases/runtime/flush-policy.ts';
import { SyncGroup } from '../../src/domain/use-cases/sync-group.ts';
import type { LogStorage } from '../../src/ports/log-storage.ts';
import { BrokerCore } from './broker-core.ts';
import { BROKER_ID, countingRandom } from './metadata-fixture.ts';
import type { VirtualTime } from './virtual-time.ts';

const FOREVER = new AbortController().signal;

/** The use cases of groups over a store, in virtual time; a new one over the same store is a restart. */
export class GroupCore {
  readonly core: BrokerCore;
  readonly groups: GroupCoordinators;
  readonly commitOffsets: CommitOffsets;
  readonly consumerGroupHeartbeat: ConsumerGroupHeartbeat;
  readonly deleteGroups: DeleteGroups;
  readonly deleteOffsets: DeleteOffsets;
  readonly describeConsumerGroups: DescribeConsumerGroups;
  readonly describeGroups: DescribeGroups;
  readonly fetchOffsets: FetchOffsets;
  readonly findCoordinator: FindCoordinator;
  readonly heartbeat: Heartbeat;
  readonly joinGroup: JoinGroup;
  readonly leaveGroup: LeaveGroup;
  readonly listGroups: ListGroups;
  readonly syncGroup: SyncGroup;
  readonly #disk: LogStorage;

  static async start(
    disk: LogStorage = new MemoryLogStorage(),
    time?: VirtualTime,
  ): Promise<GroupCore> {
    return new GroupCore(await BrokerCore.start(disk, time), disk);
  }

  private constructor(core: BrokerCore, disk: LogStorage) {
    this.core = core;
    this.#disk = disk;
    const { metadata, registry, storage, time, logger } = core;
    const groups = (this.groups = new GroupCoordinators({
      ...{ metadata, storage, logger, partitions: registry, clock: time, timers: time },
      createTopics: new CreateTopics(metadata, countingRandom, BROKER_ID),
      flushPolicy: new FlushPolicy(() => core.flushPolicy),
      checksum: new Crc32c(),
      records: new KafkaGroupRecords(),
      consumerProtocol: new KafkaConsumerProtocol(),
      regex: new Re2Regex(),
    }));
    this.commitOffsets = new CommitOffsets(groups, registry);
    this.consumerGroupHeartbeat = new ConsumerGroupHeartbeat(groups, countingRandom);
    this.deleteGroups = new DeleteGroups(groups);
    this.deleteOffsets = new DeleteOffsets(groups, registry);
    this.describeConsumerGroups = new DescribeConsumerGroups(groups);
    this.describeGroups = new DescribeGroups(groups);
    this.fetchOffsets = new FetchOffsets(groups, metadata.state);
    const self = { id: BROKER_ID, host: 'here', port: 9092 };
    this.findCoordinator = new FindCoordinator(groups, () => self);
    this.heartbeat = new Heartbeat(groups);
    this.joinGroup = new JoinGroup(groups, metadata.state.broker, countingRandom);
    this.leaveGroup = new LeaveGroup(groups);
    this.listGroups = new ListGroups(groups);
    this.syncGroup = new SyncGroup(groups);
  }

  /** The next broker on the same store; this one is fenced by it, and has not stopped. */
  restart(): Promise<GroupCore> {
    return GroupCore.start(this.#disk, this.core.time);
  }

  /** Commits for partition 0 of `orders`, as nobody's member; gives the error. */
  async commit(offset: number, groupId = 'g', metadata = ''): Promise<string | null> {
    const given = { topic: 'orders', topicId: null, partition: 0, leaderEpoch: null };
    const [error] = await this.commitOffsets.execute({
      ...{ groupId, memberId: '', instanceId: null, generationId: -1 },
      ...{ retentionMs: null, knowsMissingGroup: true },
      offsets: [{ ...given, offset, metadata }],
    });
    return error!;
  }

  /** What is committed for partition 0 of `orders`, or the error. */
  async committed(groupId = 'g'): Promise<number | string> {
    const asked = { memberId: null, memberEpoch: -1, requireStable: true };
    const topics = [{ topic: 'orders', topicId: null, partitions: [0] }];
    const [answer] = await this.fetchOffsets.execute([{ groupId, ...asked, topics }]);
    return answer!.error ?? answer!.topics[0]!.offsets[0]!.offset;
  }

  join(given: Partial<JoinGroupCommand> = {}, signal = FOREVER) {
    const command: JoinGroupCommand = {
      ...{ groupId: 'g', memberId: '', instanceId: null, clientId: 'c', clientHost: '/h' },
      ...{ sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 60_000, protocolType: 'consumer' },
      protocols: [
        { name: 'range', metadata: Buffer.from([0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]) },
      ],
      ...{ requiresMemberId: false, canSkipAssignment: true },
      ...given,
    };
    return this.joinGroup.execute(command, signal);
  }
}
