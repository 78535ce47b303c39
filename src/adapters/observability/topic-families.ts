import type { Traffic } from '../../domain/model/metrics/traffic.ts';
import type { Topic } from '../../domain/model/topic/topic.ts';
import type { PartitionCensus } from '../../domain/use-cases/runtime/partition-census.ts';
import { Family, label, type PageBudget } from './exposition.ts';

/** MBeans kafka.server:type=BrokerTopicMetrics,name=...PerSec (BrokerTopicMetrics.java), as jmx_exporter names them. */
const COUNTERS: readonly { name: string; help: string; of: (traffic: Traffic) => number }[] = [
  { name: 'messagesin', help: 'Records appended', of: traffic => traffic.messagesIn },
  { name: 'bytesin', help: 'Bytes of batches appended', of: traffic => traffic.bytesIn },
  { name: 'bytesout', help: 'Bytes of batches fetched', of: traffic => traffic.bytesOut },
  {
    name: 'totalproducerequests',
    help: 'Partitions in produce requests',
    of: traffic => traffic.produceRequests,
  },
  {
    name: 'totalfetchrequests',
    help: 'Partitions in fetch requests',
    of: traffic => traffic.fetchRequests,
  },
  {
    name: 'failedproducerequests',
    help: 'Those that failed for no everyday reason',
    of: traffic => traffic.failedProduceRequests,
  },
  {
    name: 'failedfetchrequests',
    help: 'Those that failed for no everyday reason',
    of: traffic => traffic.failedFetchRequests,
  },
];
/** Of one partition: its two offsets and its size. */
const SERIES_PER_PARTITION = 3;
/** Partitions between two looks at the clock. */
const STRIDE = 64;

/** The families, and what they tell of all partitions together. */
export interface TopicPage {
  readonly families: readonly Family[];
  readonly partitions: number;
  readonly offlinePartitions: number;
}

/**
 * Traffic by topic, and offsets by partition under kafka_exporter's names (danielqsj/kafka_exporter), internal topics like all
 * others, as that has them. As from Kafka there is one series more of each counter, without a topic, for all topics together:
 * dashboards tell them apart by `topic=""` and `topic!=""`.
 */
export async function topicFamilies(
  census: PartitionCensus,
  budget: PageBudget,
): Promise<TopicPage> {
  const { registry, topics } = census;
  const traffic = new TrafficFamilies();
  const partitions = new PartitionFamilies(census, budget);
  traffic.add('', registry.traffic);
  // Topics may come and go while others are looked at.
  for (const topic of [...topics.topics()]) {
    traffic.add(label('topic', topic.name), registry.trafficOf(topic));
    await partitions.add(topic);
    await budget.breathe();
  }
  return {
    families: [...traffic.families, ...partitions.families],
    partitions: partitions.count,
    offlinePartitions: partitions.offline,
  };
}

class TrafficFamilies {
  readonly families = COUNTERS.map(
    ({ name, help }) =>
      new Family('counter', `kafka_server_brokertopicmetrics_${name}_total`, `${help}.`),
  );

  add(labels: string, traffic: Traffic): void {
    COUNTERS.forEach(({ of }, at) => this.families[at]!.add(labels, of(traffic)));
  }
}

class PartitionFamilies {
  count = 0;
  offline = 0;
  readonly #census: PartitionCensus;
  readonly #budget: PageBudget;
  readonly #partitions = new Family('gauge', 'kafka_topic_partitions', 'Partitions of a topic.');
  readonly #current = new Family(
    'gauge',
    'kafka_topic_partition_current_offset',
    'The high watermark: the offset of the next record that can be read.',
  );
  readonly #oldest = new Family(
    'gauge',
    'kafka_topic_partition_oldest_offset',
    'The first offset that is kept.',
  );
  /** MBean kafka.log:type=Log,name=Size. */
  readonly #size = new Family('gauge', 'kafka_log_log_size', 'Bytes of batches that are kept.');

  constructor(census: PartitionCensus, budget: PageBudget) {
    this.#census = census;
    this.#budget = budget;
  }

  get families(): Family[] {
    return [this.#partitions, this.#current, this.#oldest, this.#size];
  }

  async add(topic: Topic): Promise<void> {
    const { partitionCount } = topic;
    const ofTopic = label('topic', topic.name);
    this.count += partitionCount;
    this.#partitions.add(ofTopic, partitionCount);
    for (let index = 0; index < partitionCount; index++) {
      this.#addPartition(topic, index, ofTopic);
      if (index % STRIDE === 0) await this.#budget.breathe();
    }
  }

  #addPartition(topic: Topic, index: number, ofTopic: string): void {
    const facts = this.#census.find(topic, index);
    if (facts === null) return;
    if (facts.isOffline) this.offline += 1;
    if (!this.#budget.take(SERIES_PER_PARTITION)) return;
    const labels = `${ofTopic},partition="${index}"`;
    this.#current.add(labels, facts.highWatermark);
    this.#oldest.add(labels, facts.logStartOffset);
    this.#size.add(labels, facts.sizeInBytes);
  }
}
