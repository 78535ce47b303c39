import { join } from 'node:path';
import { NO_TIMESTAMP, type RecordBatch } from '../../../domain/model/log/record-batch.ts';
import type { LogSettings } from '../../../ports/log-storage.ts';
import { LogFile } from './descriptors.ts';
import { segmentFileName } from './partition-names.ts';
import { SegmentIndex } from './segment-index.ts';

const RELATIVE_OFFSET_MAX = 0x7fff_ffff;

/** One file of a log, and what is known of the batches in it. */
export class Segment {
  readonly baseOffset: number;
  readonly directory: string;
  readonly file: LogFile;
  readonly createdAt: number;
  /** The next offset after the last batch in it. */
  endOffset: number;
  sizeInBytes = 0;
  maxTimestamp = NO_TIMESTAMP;
  /** The max timestamp of the first batch, from which `segmentMs` counts. */
  firstTimestamp = NO_TIMESTAMP;
  /** Null when it lies in its files and nobody has asked for it. */
  index: SegmentIndex | null = new SegmentIndex();
  #bytesSinceEntry = 0;

  constructor(directory: string, baseOffset: number, createdAt: number) {
    this.directory = directory;
    this.baseOffset = baseOffset;
    this.endOffset = baseOffset;
    this.createdAt = createdAt;
    this.file = new LogFile(this.pathOf('log'));
  }

  pathOf(suffix: 'log' | 'index' | 'timeindex'): string {
    return join(this.directory, segmentFileName(this.baseOffset, suffix));
  }

  /** Kafka's LogSegment.shouldRoll: by size, by the time between first and newest timestamp, by what an index can hold. */
  isFullFor(batch: RecordBatch, settings: LogSettings, now: number): boolean {
    if (this.sizeInBytes === 0) return false;
    if (this.sizeInBytes + batch.sizeInBytes > settings.segmentBytes) return true;
    if (batch.nextOffset - this.baseOffset > RELATIVE_OFFSET_MAX) return true;
    const waited =
      this.firstTimestamp >= 0 ? batch.maxTimestamp - this.firstTimestamp : now - this.createdAt;
    return waited > settings.segmentMs;
  }

  /** Takes note of a batch that now follows the others; only the header of `batch` is read. */
  note(batch: RecordBatch, sizeInBytes: number, indexIntervalBytes: number): void {
    if (this.sizeInBytes === 0) this.firstTimestamp = batch.maxTimestamp;
    if (this.#bytesSinceEntry > indexIntervalBytes) {
      this.index!.add(batch.baseOffset - this.baseOffset, this.sizeInBytes, this.maxTimestamp);
      this.#bytesSinceEntry = 0;
    }
    this.#bytesSinceEntry += sizeInBytes;
    this.sizeInBytes += sizeInBytes;
    this.endOffset = batch.nextOffset;
    if (batch.maxTimestamp > this.maxTimestamp) this.maxTimestamp = batch.maxTimestamp;
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
