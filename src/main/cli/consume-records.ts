import { once } from 'node:events';
import { NodeCompression } from '../../adapters/compression/node-compression.ts';
import { Crc32c } from '../../adapters/runtime/crc32c.ts';
import { ClientError } from '../../adapters/transport/kafka/client/client-error.ts';
import { Consumer, type ConsumedRecord } from '../../adapters/transport/kafka/client/consumer.ts';
import type {
  KafkaCluster,
  TopicInfo,
} from '../../adapters/transport/kafka/client/kafka-cluster.ts';
import {
  endOffsets,
  offsetsFrom,
  type From,
} from '../../adapters/transport/kafka/client/offsets.ts';
import { EXIT } from './failures.ts';
import type { Format } from './option-parsers.ts';
import { recordJson, recordText } from './record-text.ts';
import { withCluster } from './with-cluster.ts';

/** What the command line said. */
export interface ConsumeFlags {
  readonly bootstrap: string;
  readonly from: From;
  readonly partition?: number;
  readonly count?: number;
  readonly exit: boolean;
  /** Read as a member of this group. */
  readonly group?: string;
  readonly keyDelimiter?: string;
  readonly format: Format;
}

/** `hexlog consume`. */
export async function consume(name: string, flags: ConsumeFlags): Promise<void> {
  // Ctrl-C is how following ends, so that it is no failure; what was printed is whole lines.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(EXIT.ok));
  await withCluster(flags.bootstrap, async cluster => {
    const topic = await cluster.topic(name);
    const consumer = await consumerOf(cluster, topic, flags);
    let left = flags.count ?? Infinity;
    for await (const records of consumer.fetches()) {
      const printed = left < records.length ? records.slice(0, left) : records;
      await printRecords(printed, name, flags);
      left -= printed.length;
      if (left === 0) return;
    }
  });
}

async function consumerOf(
  cluster: KafkaCluster,
  topic: TopicInfo,
  { from, partition, exit }: ConsumeFlags,
): Promise<Consumer> {
  const all = topic.partitions.map(one => one.partition);
  if (partition !== undefined && !all.includes(partition)) {
    throw new ClientError('refused', `there is no partition ${partition} of ${topic.name}`);
  }
  const partitions = partition === undefined ? all : [partition];
  return new Consumer({
    cluster,
    topic,
    from: await offsetsFrom(cluster, topic, { partitions, from }),
    until: exit ? await endOffsets(cluster, topic, partitions) : null,
    compression: new NodeCompression(),
    checksum: new Crc32c(),
  });
}

/** Prints a line for each; waits for a slow reader, so that no more is fetched than is taken. */
export async function printRecords(
  records: readonly ConsumedRecord[],
  topic: string,
  { format, keyDelimiter }: ConsumeFlags,
): Promise<void> {
  const line = (record: ConsumedRecord): string =>
    format === 'json' ? recordJson(topic, record) : recordText(record, keyDelimiter);
  const text = records.map(record => `${line(record)}\n`).join('');
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
