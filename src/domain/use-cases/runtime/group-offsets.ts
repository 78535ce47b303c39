import { BrokerError } from '../../model/error.ts';
import type { CommitOffsets } from '../commit-offsets.ts';
import type { FetchOffsets } from '../fetch-offsets.ts';
import type { ListOffsets } from '../list-offsets.ts';
import type { PartitionOffset, TopicPartition } from './reading-places.ts';

/** As Kafka's `auto.offset.reset`. */
export type AutoOffsetReset = 'earliest' | 'latest' | 'none';

/** Who commits; null for one that is no member, and only keeps its offsets with the group. */
export interface CommittingMember {
  readonly memberId: string;
  readonly epoch: number;
}

export interface GroupOffsetsParts {
  readonly commitOffsets: CommitOffsets;
  readonly fetchOffsets: FetchOffsets;
  readonly listOffsets: ListOffsets;
}

const NO_MEMBER = { memberId: '', instanceId: null, generationId: -1 };
const KEPT_AT_COMMIT = { retentionMs: null, knowsMissingGroup: true };

/** Where a group goes on: what it has committed, and what stands for that where there is nothing. */
export class GroupOffsets {
  readonly #parts: GroupOffsetsParts;
  readonly #groupId: string;
  readonly #autoOffsetReset: AutoOffsetReset;

  constructor(
    parts: GroupOffsetsParts,
    options: { readonly groupId: string; readonly autoOffsetReset: AutoOffsetReset },
  ) {
    this.#parts = parts;
    this.#groupId = options.groupId;
    this.#autoOffsetReset = options.autoOffsetReset;
  }

  /** The offsets that are committed, and why the first of the others is not, if there is one. */
  async commit(
    member: CommittingMember | null,
    offsets: readonly PartitionOffset[],
  ): Promise<{ committed: readonly PartitionOffset[]; failure: BrokerError | null }> {
    const claim =
      member === null
        ? NO_MEMBER
        : { memberId: member.memberId, instanceId: null, generationId: member.epoch };
    const errors = await this.#parts.commitOffsets.execute({
      ...{ groupId: this.#groupId, ...claim, ...KEPT_AT_COMMIT },
      offsets: offsets.map(({ metadata = '', ...one }) => ({
        ...{ ...one, topicId: null, leaderEpoch: null, metadata },
      })),
    });
    const committed = offsets.filter((_, at) => errors[at] === null);
    const at = errors.findIndex(error => error !== null);
    if (at < 0) return { committed, failure: null };
    const { topic, partition } = offsets[at]!;
    const message = `the offset of ${topic}-${partition} is not committed`;
    return { committed, failure: new BrokerError(errors[at]!, message) };
  }

  /** What the group has committed for partitions; -1 where nothing is. */
  async committed(partitions: readonly TopicPartition[]): Promise<PartitionOffset[]> {
    const topics = partitions.map(({ topic, partition }) => ({
      ...{ topic, topicId: null },
      partitions: [partition],
    }));
    const nobody = { memberId: null, memberEpoch: -1, requireStable: false };
    const query = { groupId: this.#groupId, ...nobody, topics };
    const [answer] = await this.#parts.fetchOffsets.execute([query]);
    const { error, topics: found } = answer!;
    if (error !== null) throw new BrokerError(error, 'the committed offsets cannot be read');
    return partitions.map(({ topic, partition }, at) => {
      const { offset = -1, metadata = '' } = found[at]?.offsets[0] ?? {};
      return { topic, partition, offset, metadata };
    });
  }

  /** Where to read a partition that has no offset to go on from. */
  reset(place: TopicPartition): Promise<number> {
    if (this.#autoOffsetReset !== 'none') return this.listed(place, this.#autoOffsetReset);
    const what = `${place.topic}-${place.partition}`;
    throw new BrokerError('OFFSET_OUT_OF_RANGE', `there is no offset to go on from in ${what}`);
  }

  /** The start or the end of a partition. */
  async listed({ topic, partition }: TopicPartition, spec: 'earliest' | 'latest'): Promise<number> {
    const query = { topic, topicId: null, partition, spec, currentLeaderEpoch: -1 };
    const [listed] = await this.#parts.listOffsets.execute([query]);
    const { error, offset } = listed!;
    if (error !== null) throw new BrokerError(error, `${topic}-${partition} cannot be read`);
    return offset;
  }
}
