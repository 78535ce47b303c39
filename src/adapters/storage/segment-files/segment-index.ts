import { NO_TIMESTAMP, int64At, putInt64 } from '../../../domain/model/log/record-batch.ts';

const FIRST_CAPACITY = 16;
const OFFSET_ENTRY_BYTES = 8;
const TIME_ENTRY_BYTES = 12;

/** What an index that is read back must fit, and what its last entry then says. */
export interface IndexedSegment {
  readonly relativeEnd: number;
  readonly sizeInBytes: number;
  /** The segments after it may be gone, which its index does not know: it then ends before the next one begins. */
  readonly mayEndBefore: boolean;
}

/**
 * The sparse index of one segment: per entry a batch's base offset (relative to the segment's), its position, and the highest
 * timestamp of all batches before it. On disk as Kafka's two files: offset and position (int32 each), and timestamp (int64) with
 * offset (int32), the last of which stands for the segment's end and so tells whether the file is whole.
 */
export class SegmentIndex {
  #count = 0;
  #offsets = new Int32Array(FIRST_CAPACITY);
  #positions = new Int32Array(FIRST_CAPACITY);
  #timestamps = new Float64Array(FIRST_CAPACITY);

  get count(): number {
    return this.#count;
  }

  add(relativeOffset: number, position: number, maxTimestampBefore: number): void {
    if (this.#count === this.#offsets.length) this.#grow();
    this.#offsets[this.#count] = relativeOffset;
    this.#positions[this.#count] = position;
    this.#timestamps[this.#count] = maxTimestampBefore;
    this.#count += 1;
  }

  /** The position of a batch at or before the one that holds the offset. */
  floor(relativeOffset: number): number {
    const below = countWhile(this.#count, at => this.#offsets[at]! <= relativeOffset);
    return below === 0 ? 0 : this.#positions[below - 1]!;
  }

  /** The position of a batch before which no timestamp is as high as this one. */
  floorByTime(timestamp: number): number {
    const below = countWhile(this.#count, at => this.#timestamps[at]! < timestamp);
    return below === 0 ? 0 : this.#positions[below - 1]!;
  }

  /** The relative offset of the batch at a position that is 0 or that of an entry. */
  relativeOffsetAt(position: number): number {
    const below = countWhile(this.#count, at => this.#positions[at]! <= position);
    return below === 0 ? 0 : this.#offsets[below - 1]!;
  }

  /** The last position that is not above this one. */
  floorByPosition(position: number): number {
    const below = countWhile(this.#count, at => this.#positions[at]! <= position);
    return below === 0 ? 0 : this.#positions[below - 1]!;
  }

  /** The last entry before a position: where its batch lies, and the highest timestamp before that; the beginning if there is none. */
  lastBefore(position: number): { position: number; maxTimestamp: number } {
    const last = countWhile(this.#count, at => this.#positions[at]! < position) - 1;
    if (last < 0) return { position: 0, maxTimestamp: NO_TIMESTAMP };
    return { position: this.#positions[last]!, maxTimestamp: this.#timestamps[last]! };
  }

  /** Drops the entries of batches that begin at a position or after it. */
  cutTo(position: number): void {
    this.#count = countWhile(this.#count, at => this.#positions[at]! < position);
  }

  /** Calls back for each entry until that gives false; the timestamp is the highest before the entry's batch. */
  everyEntry(
    holds: (relativeOffset: number, position: number, timestamp: number) => boolean,
  ): boolean {
    for (let at = 0; at < this.#count; at++) {
      if (!holds(this.#offsets[at]!, this.#positions[at]!, this.#timestamps[at]!)) return false;
    }
    return true;
  }

  #grow(): void {
    const capacity = this.#offsets.length * 2;
    this.#offsets = enlarged(this.#offsets, new Int32Array(capacity));
    this.#positions = enlarged(this.#positions, new Int32Array(capacity));
    this.#timestamps = enlarged(this.#timestamps, new Float64Array(capacity));
  }

  offsetBytes(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#count * OFFSET_ENTRY_BYTES);
    for (let at = 0; at < this.#count; at++) {
      bytes.writeInt32BE(this.#offsets[at]!, at * OFFSET_ENTRY_BYTES);
      bytes.writeInt32BE(this.#positions[at]!, at * OFFSET_ENTRY_BYTES + 4);
    }
    return bytes;
  }

  timeBytes(relativeEnd: number, maxTimestamp: number): Buffer {
    const bytes = Buffer.allocUnsafe((this.#count + 1) * TIME_ENTRY_BYTES);
    for (let at = 0; at <= this.#count; at++) {
      const last = at === this.#count;
      putInt64(bytes, last ? maxTimestamp : this.#timestamps[at]!, at * TIME_ENTRY_BYTES);
      bytes.writeInt32BE(last ? relativeEnd : this.#offsets[at]!, at * TIME_ENTRY_BYTES + 8);
    }
    return bytes;
  }

  /** Null when the files do not fit each other or their segment: the index must be built anew. */
  static decode(
    offsetBytes: Buffer,
    timeBytes: Buffer,
    segment: IndexedSegment,
  ): { index: SegmentIndex; maxTimestamp: number } | null {
    const count = offsetBytes.length / OFFSET_ENTRY_BYTES;
    const end = count * TIME_ENTRY_BYTES;
    if (timeBytes.length !== end + TIME_ENTRY_BYTES) return null;
    const relativeEnd = timeBytes.readInt32BE(end + 8);
    if (relativeEnd > segment.relativeEnd) return null;
    if (relativeEnd < segment.relativeEnd && !segment.mayEndBefore) return null;
    const index = new SegmentIndex();
    for (let at = 0; at < count; at++) {
      const offset = offsetBytes.readInt32BE(at * OFFSET_ENTRY_BYTES);
      const position = offsetBytes.readInt32BE(at * OFFSET_ENTRY_BYTES + 4);
      const ascends = offset > index.#lastOffset() && position > index.#lastPosition();
      const fits = offset < relativeEnd && position < segment.sizeInBytes;
      if (!ascends || !fits) return null;
      if (timeBytes.readInt32BE(at * TIME_ENTRY_BYTES + 8) !== offset) return null;
      index.add(offset, position, int64At(timeBytes, at * TIME_ENTRY_BYTES));
    }
    return { index, maxTimestamp: int64At(timeBytes, end) };
  }

  #lastOffset(): number {
    return this.#count === 0 ? 0 : this.#offsets[this.#count - 1]!;
  }
  #lastPosition(): number {
    return this.#count === 0 ? 0 : this.#positions[this.#count - 1]!;
  }
}

/** How many of the first `count` entries are so; those that are come first. */
function countWhile(count: number, isSo: (at: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isSo(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function enlarged<T extends Int32Array | Float64Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
