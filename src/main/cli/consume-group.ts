import { NodeCompression } from '../../adapters/compression/node-compression.ts';
import { Crc32c } from '../../adapters/runtime/crc32c.ts';
import { NodeTimers } from '../../adapters/runtime/node-timers.ts';
import { Consumer, type ConsumedRecord } from '../../adapters/transport/kafka/client/consumer.ts';
import {
  GroupMember,
  type Membership,
} from '../../adapters/transport/kafka/client/group-member.ts';
import { groupPositions } from '../../adapters/transport/kafka/client/group-positions.ts';
import type { KafkaCluster } from '../../adapters/transport/kafka/client/kafka-cluster.ts';
import { OffsetCommits } from '../../adapters/transport/kafka/client/offset-commits.ts';
import { endOffsets, type Offsets } from '../../adapters/transport/kafka/client/offsets.ts';
import { shutdownSignal } from '../shutdown.ts';
import { printRecords, type ConsumeFlags } from './consume-records.ts';
import { withCluster } from './with-cluster.ts';

/** `hexlog consume --group`: at a signal it commits what was printed and leaves, so that it ends well. */
export async function consumeInGroup(
  name: string,
  flags: ConsumeFlags & { readonly group: string },
): Promise<void> {
  const stopped = shutdownSignal().then(() => 'stopped' as const);
  await withCluster(flags.bootstrap, async cluster => {
    const topic = await cluster.topic(name);
    const all = topic.partitions.map(({ partition }) => partition);
    const until = flags.exit ? await endOffsets(cluster, topic, all) : null;
    const timers = new NodeTimers();
    const member = new GroupMember({ cluster, groupId: flags.group, topic, timers });
    const reading = new GroupReading({ cluster, member, name, flags, until, stopped });
    try {
      await reading.run();
    } finally {
      await member.leave();
    }
  });
}

interface ReadingParts {
  readonly cluster: KafkaCluster;
  readonly member: GroupMember;
  readonly name: string;
  readonly flags: ConsumeFlags;
  readonly until: Offsets | null;
  readonly stopped: Promise<'stopped'>;
}

/** Why reading ended: all is printed, a signal came, or other partitions may be due. */
type Ending = 'done' | 'stopped' | 'rebalance';

class GroupReading {
  readonly #parts: ReadingParts;
  #left: number;

  constructor(parts: ReadingParts) {
    this.#parts = parts;
    this.#left = parts.flags.count ?? Infinity;
  }

  async run(): Promise<void> {
    const { member, stopped } = this.#parts;
    for (let ending: Ending = 'rebalance'; ending === 'rebalance';) {
      const joined = await Promise.race([stopped, member.join()]);
      if (joined === 'stopped') return;
      ending = await this.#read(joined);
    }
  }

  async #read({ partitions, over }: Membership): Promise<Ending> {
    const { member, name, flags, until, stopped } = this.#parts;
    const from = await this.#positions(partitions);
    const consumer = await this.#consumer(from);
    const commits = new OffsetCommits(offsets => member.commit(offsets));
    const ending = Promise.race([stopped, over.then(() => 'rebalance' as const)]);
    let isOver = false;
    const stop = (): void => {
      isOver = true;
      consumer.stop();
    };
    ending.then(stop, stop);
    try {
      commits.advance(from);
      for await (const records of consumer.fetches()) {
        const printed = this.#left < records.length ? records.slice(0, this.#left) : records;
        await printRecords(printed, name, flags);
        commits.advance(after(printed));
        this.#left -= printed.length;
        if (this.#left === 0) return 'done';
      }
    } finally {
      consumer.stop();
      await commits.settled();
    }
    // Without partitions there is nothing to fetch, and others may be given up to this member.
    return until !== null && !isOver ? 'done' : ending;
  }

  async #consumer(from: Offsets): Promise<Consumer> {
    const { cluster, name, until } = this.#parts;
    const topic = await cluster.topic(name);
    return new Consumer({
      ...{ cluster, topic, from, until },
      compression: new NodeCompression(),
      checksum: new Crc32c(),
    });
  }

  /** The topic is asked for again, for the leader may know of partitions that were added. */
  async #positions(partitions: readonly number[]): Promise<Offsets> {
    const { cluster, member, name, flags } = this.#parts;
    const topic = await cluster.topic(name);
    const { coordinator } = member;
    const wanted = { partitions, otherwise: flags.from };
    return groupPositions({ coordinator, cluster }, topic, wanted);
  }
}

/** The offsets after what was printed. */
function after(records: readonly ConsumedRecord[]): Offsets {
  return new Map(records.map(({ partition, offset }) => [partition, offset + 1]));
}
