import { ClientError } from '../../adapters/transport/kafka/client/client-error.ts';
import {
  commitOffsets,
  committedOffsets,
  NO_MEMBER,
} from '../../adapters/transport/kafka/client/committed-offsets.ts';
import { describeGroup } from '../../adapters/transport/kafka/client/groups.ts';
import type { TopicInfo } from '../../adapters/transport/kafka/client/kafka-cluster.ts';
import { offsetsFrom, type From } from '../../adapters/transport/kafka/client/offsets.ts';
import { refuseActive } from './group-refusals.ts';
import { print, type ClientFlags } from './print.ts';
import { textTable } from './text-table.ts';
import { withCoordinator } from './with-coordinator.ts';

export interface SeekFlags extends ClientFlags {
  readonly topic: string;
  readonly to: From;
  readonly partition?: number;
  readonly dry: boolean;
}

interface Move {
  readonly topic: string;
  readonly partition: number;
  /** Null where nothing was committed. */
  readonly from: number | null;
  readonly to: number;
}

const DRY = 'This was a dry run, and nothing was changed: --no-dry (or --execute) applies it.';

/** `hexlog group seek`; a dry run commits nothing and says so, as kafka-consumer-groups --reset-offsets does. */
export async function seek(name: string, flags: SeekFlags): Promise<void> {
  const moves = await withCoordinator(flags.bootstrap, name, async (coordinator, cluster) => {
    refuseActive(await describeGroup(coordinator));
    const topic = await cluster.topic(flags.topic);
    const partitions = chosen(topic, flags.partition);
    const offsets = await offsetsFrom(cluster, topic, { partitions, from: flags.to });
    const before = (await committedOffsets(coordinator, [topic])).get(topic.name);
    if (!flags.dry) await commitOffsets(coordinator, topic, { offsets, by: NO_MEMBER });
    return partitions.map((partition): Move => {
      const from = before?.get(partition) ?? null;
      return { topic: topic.name, partition, from, to: offsets.get(partition)! };
    });
  });
  const { dry } = flags;
  const text = [...movesTable(moves), ...(dry ? [DRY] : [])].join('\n');
  print(flags, { group: name, dry, moves }, text);
}

function chosen({ name, partitions }: TopicInfo, partition: number | undefined): number[] {
  const all = partitions.map(one => one.partition);
  if (partition === undefined) return all;
  if (all.includes(partition)) return [partition];
  throw new ClientError('refused', `there is no partition ${partition} of ${name}`);
}

function movesTable(moves: readonly Move[]): string[] {
  const rows = moves.map(({ topic, partition, from, to }) => [topic, partition, from ?? '-', to]);
  return textTable(['TOPIC', 'PARTITION', 'FROM', 'TO'], rows);
}
