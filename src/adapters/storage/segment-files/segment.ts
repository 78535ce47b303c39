import { join } from 'node:path';
import { NO_TIMESTAMP, type RecordBatch } from '../../../domain/model/log/record-batch.ts';
import { SegmentRoll } from '../../../domain/model/log/segment-roll.ts';
import { LogFile } from './descriptors.ts';
import { segmentFileName, type SegmentSuffix } from './partition-names.ts';
import { SegmentIndex } from './segment-index.ts';

/** One file of a log, and what is known of the batches in it. */
export class Segment extends SegmentRoll {
  readonly directory: string;
  readonly file: LogFile;
  /** Where the next segment begins, or the log ends: at or after the end of the last batch in it. */
  endOffset: number;
  maxTimestamp = NO_TIMESTAMP;
  /** Null when it lies in its files and nobody has asked for it. */
  index: SegmentIndex | null = new SegmentIndex();
  /** Bytes before this position were found at open: their headers are checked when they are read. Those after it this process wrote. */
  foundBytes = 0;
  /** So many of the found bytes have been read and had sound headers, from the first one on. */
  soundBytes = 0;
  #bytesSinceEntry = 0;

  constructor(directory: string, baseOffset: number, createdAt: number) {
    super(baseOffset, createdAt);
    this.directory = directory;
    this.endOffset = baseOffset;
    this.file = new LogFile(this.pathOf('log'));
  }

  pathOf(suffix: SegmentSuffix): string {
    return join(this.directory, segmentFileName(this.baseOffset, suffix));
  }

  /** Takes note of a batch that now follows the others; only the header of `batch` is read. */
  note(batch: RecordBatch, sizeInBytes: number, indexIntervalBytes: number): void {
    if (this.#bytesSinceEntry > indexIntervalBytes) {
      this.index!.add(batch.baseOffset - this.baseOffset, this.sizeInBytes, this.maxTimestamp);
      this.#bytesSinceEntry = 0;
    }
    this.#bytesSinceEntry += sizeInBytes;
    this.grow(batch, sizeInBytes);
    this.endOffset = batch.nextOffset;
    if (batch.maxTimestamp > this.maxTimestamp) this.maxTimestamp = batch.maxTimestamp;
  }

  /** Takes note that what lay from a position on is cut off; the last entry of its index is that of the batch at `entryAt`. */
  cut(position: number, entryAt: number): void {
    this.sizeInBytes = position;
    this.#bytesSinceEntry = position - entryAt;
    if (position === 0) this.firstTimestamp = NO_TIMESTAMP;
    this.foundBytes = Math.min(this.foundBytes, position);
    this.soundBytes = Math.min(this.soundBytes, position);
  }

  /** Takes over what another has noted of the same file. */
  become(other: Segment): void {
    this.index = other.index;
    this.endOffset = other.endOffset;
    this.sizeInBytes = other.sizeInBytes;
    this.maxTimestamp = other.maxTimestamp;
    this.firstTimestamp = other.firstTimestamp;
    this.#bytesSinceEntry = other.#bytesSinceEntry;
  }
}
