import { BrokerError } from '../../model/error.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface PartitionOffset extends TopicPartition {
  readonly offset: number;
  /** What is kept with it when it is committed; nothing unless told. */
  readonly metadata?: string;
}

/** A partition that somebody reads, and how far. */
export interface Place extends TopicPartition {
  /** The next offset to read; null before it is known. */
  position: number | null;
  /** After the last record that was given out, until that is committed. */
  consumed: number | null;
  /** Where the last read began, while it may be given back. */
  since: number | null;
}

/** The partitions of somebody who reads: where each is read on, and what of it is to be committed. */
export class ReadingPlaces {
  #places = new Map<string, Place>();

  get all(): Place[] {
    return [...this.#places.values()];
  }

  /** Whether it is read still, and has not been given up and taken again since. */
  has(place: Place): boolean {
    return this.#places.get(keyOf(place)) === place;
  }

  /** Reads these from now on; those that were read before go on where they are. */
  become(partitions: readonly TopicPartition[]): void {
    const had = this.#places;
    this.#places = new Map(
      partitions.map(({ topic, partition }) => {
        const key = keyOf({ topic, partition });
        const fresh = { topic, partition, position: null, consumed: null, since: null };
        return [key, had.get(key) ?? fresh];
      }),
    );
  }

  /** Those that are not among these. */
  outside(partitions: readonly TopicPartition[]): Place[] {
    const kept = new Set(partitions.map(keyOf));
    return this.all.filter(place => !kept.has(keyOf(place)));
  }

  drop(places: readonly Place[]): void {
    for (const place of places) this.#places.delete(keyOf(place));
  }

  clear(): void {
    this.#places.clear();
  }

  /** Throws when it is not read. */
  named(one: TopicPartition): Place {
    const place = this.#places.get(keyOf(one));
    if (place) return place;
    const what = `${one.topic}-${one.partition}`;
    throw new BrokerError('INVALID_REQUEST', `${what} is not assigned to this consumer`);
  }

  /** What was given out and is not committed yet. */
  consumed(): PartitionOffset[] {
    return this.all.flatMap(({ topic, partition, consumed }) =>
      consumed === null ? [] : [{ topic, partition, offset: consumed }],
    );
  }

  /** As `consumed`, without what may be given back. */
  delivered(): PartitionOffset[] {
    const underWay = this.all.filter(({ since }) => since !== null);
    const known = new Set(underWay.map(keyOf));
    return this.consumed().filter(one => !known.has(keyOf(one)));
  }

  /** What is committed need not be committed again. */
  committed(offsets: readonly PartitionOffset[]): void {
    for (const { offset, ...one } of offsets) {
      const place = this.#places.get(keyOf(one));
      if (place?.consumed === offset) place.consumed = null;
    }
  }

  /** The last read can no more be given back. */
  keep(): void {
    for (const place of this.#places.values()) place.since = null;
  }

  /** The last read did not reach its reader: the next one begins where it did. */
  giveBack(): void {
    for (const place of this.#places.values()) {
      if (place.since === null) continue;
      place.position = place.since;
      place.consumed = null;
      place.since = null;
    }
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic} ${partition}`;
}
