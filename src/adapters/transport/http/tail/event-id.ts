import type { Positions } from '../../../../domain/use-cases/runtime/start-positions.ts';

/** Beyond so many partitions an id names the record's own alone. */
const PARTITIONS_MAX = 64;
const REST_UNKNOWN = '*';
const PAIR = /^(\d{1,9})-(\d{1,16})$/;

/** Where a reader goes on. */
export interface ResumePoint {
  readonly offsets: Positions;
  /** Whether partitions that are not named were at their start, or nobody knows where. */
  readonly isComplete: boolean;
}

/**
 * The ids of events: `partition-offset` of the last record, then those of other partitions that were read, with commas, so that a
 * reader that comes back (`Last-Event-ID` of server-sent events) misses nothing in any of them.
 */
export class EventIds {
  readonly #next: Map<number, number>;
  readonly #namesAll: boolean;
  #partition = -1;
  #others = '';

  constructor(positions: Positions) {
    this.#next = new Map(positions);
    this.#namesAll = positions.size <= PARTITIONS_MAX;
  }

  /** The id of a record that is told now. */
  of(partition: number, offset: number): string {
    this.#next.set(partition, offset + 1);
    if (partition !== this.#partition) {
      this.#partition = partition;
      this.#others = this.#othersThan(partition);
    }
    return `${partition}-${offset}${this.#others}`;
  }

  /** The id of where reading goes on; empty where that is the start. */
  at(positions: Positions): string {
    for (const [partition, next] of positions) this.#next.set(partition, next);
    this.#partition = -1;
    return this.#namesAll ? this.#othersThan(-1).slice(1) : '';
  }

  #othersThan(own: number): string {
    if (!this.#namesAll) return `,${REST_UNKNOWN}`;
    let others = '';
    for (const [partition, next] of this.#next) {
      if (partition !== own && next > 0) others += `,${partition}-${next - 1}`;
    }
    return others;
  }
}

/** Where to go on after an event with this id; null for what is no id. */
export function resumePoint(id: string): ResumePoint | null {
  const offsets = new Map<number, number>();
  const pairs = id.split(',');
  const isComplete = pairs.at(-1) !== REST_UNKNOWN;
  for (const pair of isComplete ? pairs : pairs.slice(0, -1)) {
    const [, partition, offset] = PAIR.exec(pair) ?? [];
    if (partition === undefined || !Number.isSafeInteger(Number(offset))) return null;
    offsets.set(Number(partition), Number(offset) + 1);
  }
  return { offsets, isComplete };
}
