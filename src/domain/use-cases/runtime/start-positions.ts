import { BrokerError } from '../../model/error.ts';
import type { Topic } from '../../model/topic/topic.ts';
import type { ListOffsets, OffsetSpec } from '../list-offsets.ts';

/** The next offset of each partition. */
export type Positions = ReadonlyMap<number, number>;

/** Where to begin in each partition. An offset that a log does not have stands for the nearest one that it has. */
export type StartPoint =
  | 'start'
  | 'end'
  | { readonly offset: number }
  /** The first record of that time or later, else the end; milliseconds since the Unix epoch. */
  | { readonly timestamp: number }
  /** Partitions one by one, and how to begin in those that are not named. */
  | { readonly offsets: Positions; readonly others: SharedStart };

type SharedStart = 'start' | 'end' | { readonly offset: number } | { readonly timestamp: number };

/** Finds where reading begins. */
export class StartPositions {
  readonly #listOffsets: ListOffsets;

  constructor(listOffsets: ListOffsets) {
    this.#listOffsets = listOffsets;
  }

  /** Rejects with the BrokerError of the first partition that cannot be asked. */
  async of(
    topic: Topic,
    partitions: readonly number[],
    from: StartPoint,
  ): Promise<Map<number, number>> {
    const positions = new Map<number, number>();
    for (const partition of partitions) {
      positions.set(partition, await this.#position(topic, partition, from));
    }
    return positions;
  }

  async #position(topic: Topic, partition: number, from: StartPoint): Promise<number> {
    const list = (spec: OffsetSpec): Promise<number> => this.#offset(topic, partition, spec);
    if (from === 'start') return list('earliest');
    if (from === 'end') return list('latest');
    if ('timestamp' in from) {
      const found = await list(from.timestamp);
      return found < 0 ? list('latest') : found;
    }
    const offset = 'offset' in from ? from.offset : from.offsets.get(partition);
    if (offset === undefined) {
      return this.#position(topic, partition, 'others' in from ? from.others : 'start');
    }
    return Math.max(await list('earliest'), Math.min(offset, await list('latest')));
  }

  async #offset(topic: Topic, partition: number, spec: OffsetSpec): Promise<number> {
    const query = { topic: null, topicId: topic.id, partition, spec, currentLeaderEpoch: -1 };
    const [listed] = await this.#listOffsets.execute([query]);
    const { error, offset } = listed!;
    if (error === null) return offset;
    const message = `partition ${partition} of ${topic.name} cannot be read: ${error}`;
    throw new BrokerError(error, message);
  }
}
