import type { MeasuredGroup, MeasureGroups } from '../../domain/use-cases/measure-groups.ts';
import type { PartitionCensus } from '../../domain/use-cases/runtime/partition-census.ts';
import { Family, label, type PageBudget } from './exposition.ts';

/** Of one partition: the group's offset and its lag. */
const SERIES_PER_PARTITION = 2;
const NO_OFFSET = -1;

/**
 * How far groups have come, under kafka_exporter's names and by its rules: every partition of a topic in which the group has
 * committed anything is told, with -1 for what it has not committed, so that one that nobody reads is seen.
 */
export async function groupFamilies(
  groups: MeasureGroups,
  census: PartitionCensus,
  budget: PageBudget,
): Promise<readonly Family[]> {
  const families = new GroupFamilies(census, budget);
  for await (const group of groups.execute()) {
    families.add(group);
    await budget.breathe();
  }
  return families.all;
}

class GroupFamilies {
  readonly #census: PartitionCensus;
  readonly #budget: PageBudget;
  readonly #members = new Family('gauge', 'kafka_consumergroup_members', 'Members of a group.');
  readonly #offset = new Family(
    'gauge',
    'kafka_consumergroup_current_offset',
    'The offset that a group has committed, or -1.',
  );
  readonly #offsetSum = new Family(
    'gauge',
    'kafka_consumergroup_current_offset_sum',
    'Those of all partitions of a topic.',
  );
  readonly #lag = new Family(
    'gauge',
    'kafka_consumergroup_lag',
    'Records between the offset of a group and the high watermark, or -1.',
  );
  readonly #lagSum = new Family(
    'gauge',
    'kafka_consumergroup_lag_sum',
    'Those of all partitions of a topic.',
  );

  constructor(census: PartitionCensus, budget: PageBudget) {
    this.#census = census;
    this.#budget = budget;
  }

  get all(): readonly Family[] {
    return [this.#members, this.#offset, this.#offsetSum, this.#lag, this.#lagSum];
  }

  add({ groupId, members, offsets }: MeasuredGroup): void {
    const ofGroup = label('consumergroup', groupId);
    this.#members.add(ofGroup, members);
    const byTopic = new Map<string, Map<number, number>>();
    for (const { topic, partition, offset } of offsets) {
      const committed = byTopic.get(topic) ?? new Map<number, number>();
      byTopic.set(topic, committed.set(partition, offset));
    }
    for (const [topic, committed] of byTopic) this.#addTopic(ofGroup, topic, committed);
  }

  #addTopic(ofGroup: string, name: string, committed: ReadonlyMap<number, number>): void {
    const topic = this.#census.topics.topicNamed(name);
    if (topic === undefined) return;
    const ofTopic = `${ofGroup},${label('topic', name)}`;
    let offsetSum = 0;
    let lagSum = 0;
    for (let index = 0; index < topic.partitionCount; index++) {
      const offset = committed.get(index) ?? NO_OFFSET;
      const facts = this.#census.find(topic, index);
      // Records that were committed since the offset was looked up are none that the group has skipped.
      const lag = facts && offset >= 0 ? Math.max(0, facts.highWatermark - offset) : NO_OFFSET;
      if (offset >= 0) offsetSum += offset;
      if (lag >= 0) lagSum += lag;
      if (!this.#budget.take(SERIES_PER_PARTITION)) continue;
      const labels = `${ofTopic},partition="${index}"`;
      this.#offset.add(labels, offset);
      this.#lag.add(labels, lag);
    }
    this.#offsetSum.add(ofTopic, offsetSum);
    this.#lagSum.add(ofTopic, lagSum);
  }
}
