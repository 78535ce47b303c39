import { ClientError } from '../../adapters/transport/kafka/client/client-error.ts';
import {
  createTopic,
  deleteTopic,
  describeTopic,
  type TopicDescription,
} from '../../adapters/transport/kafka/client/topics.ts';
import { print, type ClientFlags } from './print.ts';
import { textTable } from './text-table.ts';
import { withCluster } from './with-cluster.ts';

export interface CreateFlags extends ClientFlags {
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly config: ReadonlyMap<string, string>;
  readonly ifNotExists: boolean;
}

/** `hexlog topic create`. */
export async function create(name: string, flags: CreateFlags): Promise<void> {
  const topic = {
    name,
    partitions: flags.partitions ?? null,
    replicationFactor: flags.replicationFactor ?? null,
    configs: flags.config,
  };
  const created = await withCluster(flags.bootstrap, async cluster => {
    try {
      await createTopic(cluster, topic);
      return true;
    } catch (error) {
      if (flags.ifNotExists && isThereAlready(error)) return false;
      throw error;
    }
  });
  const text = created ? `created topic ${name}` : `topic ${name} is there already`;
  print(flags, { topic: name, created }, text);
}

/** `hexlog topic list`. */
export async function list(flags: ClientFlags): Promise<void> {
  const topics = await withCluster(flags.bootstrap, cluster => cluster.topics());
  const shown = topics.map(({ name, internal, partitions }) => {
    return { topic: name, partitions: partitions.length, internal };
  });
  print(flags, shown, topics.map(({ name }) => name).join('\n'));
}

/** `hexlog topic describe`. */
export async function describe(name: string, flags: ClientFlags): Promise<void> {
  const topic = await withCluster(flags.bootstrap, cluster => describeTopic(cluster, name));
  const { topicId, internal, partitions } = topic;
  const configs = Object.fromEntries(topic.configs);
  print(flags, { topic: name, topicId, internal, partitions, configs }, describedText(topic));
}

/** `hexlog topic delete`. */
export async function remove(name: string, flags: ClientFlags): Promise<void> {
  await withCluster(flags.bootstrap, cluster => deleteTopic(cluster, name));
  print(flags, { topic: name, deleted: true }, `deleted topic ${name}`);
}

function isThereAlready(error: unknown): boolean {
  return error instanceof ClientError && error.errorName === 'TOPIC_ALREADY_EXISTS';
}

function describedText({ name, topicId, partitions, configs }: TopicDescription): string {
  const rows = partitions.map(one => [
    one.partition,
    one.leader,
    one.replicas.join(','),
    one.isr.join(','),
    one.startOffset,
    one.endOffset,
  ]);
  const titles = ['PARTITION', 'LEADER', 'REPLICAS', 'ISR', 'START', 'END'];
  const changed = Array.from(configs, ([key, value]) => `${key}=${value ?? ''}`);
  return [`topic ${name}, id ${topicId}`, ...textTable(titles, rows), ...changed].join('\n');
}
