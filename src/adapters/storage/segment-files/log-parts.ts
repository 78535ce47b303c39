import type { LogSettings } from '../../../ports/log-storage.ts';
import { CommitPipeline, type LogEnd } from './commit-pipeline.ts';
import type { Engine } from './engine.ts';
import { LogReader } from './log-reader.ts';
import type { RecoveredLog } from './log-recovery.ts';
import { LogSearch } from './log-search.ts';
import { LogSegments } from './log-segments.ts';
import { SavedState, type PartitionState } from './partition-state.ts';
import { SoundReads } from './sound-reads.ts';

/** What opening found out. */
export interface OpenedLog {
  readonly settings: LogSettings;
  readonly state: PartitionState;
  readonly recovered: RecoveredLog;
}

/** One log as it is now: its segments, its end, and what reads and writes them. */
export class LogParts {
  readonly engine: Engine;
  readonly directory: string;
  readonly settings: LogSettings;
  readonly segments: LogSegments;
  readonly commits: CommitPipeline;
  readonly search: LogSearch;
  readonly reader: LogReader;
  readonly state: SavedState;
  endOffset: number;
  /** Set as soon as a batch leaves a gap. */
  hasGaps: boolean;
  /** Bytes of segments that a failure made unreadable. */
  abandonedBytes = 0;

  constructor(engine: Engine, directory: string, opened: OpenedLog) {
    this.engine = engine;
    this.directory = directory;
    this.settings = opened.settings;
    this.state = new SavedState(engine.fileSystem, directory, opened.state);
    this.hasGaps = opened.recovered.hasGaps;
    const segments = (this.segments = new LogSegments(opened.recovered.segments));
    this.endOffset = opened.recovered.recoveryPoint.offset;
    this.commits = new CommitPipeline(engine, directory, this.end, () => this.#abandon());
    const readable = (): LogEnd => this.commits.readable;
    const hasGaps = (): boolean => this.hasGaps;
    const search = (this.search = new LogSearch(engine, segments, { readable, hasGaps }));
    const sound = new SoundReads(hasGaps);
    this.reader = new LogReader({ engine, segments, search, readable, sound });
  }

  get epoch(): number {
    return this.state.saved.epochs.at(-1)!.epoch;
  }
  get sizeInBytes(): number {
    return this.segments.sizeInBytes - this.abandonedBytes;
  }
  get activeOffset(): number {
    return this.segments.active?.baseOffset ?? this.endOffset;
  }
  /** Where the next batch is appended. */
  get end(): LogEnd {
    const segment = this.segments.active ?? null;
    return { segment, position: segment?.sizeInBytes ?? 0, offset: this.endOffset };
  }
  /** The end of what is in the segments, be it committed or not. */
  get segmentsEnd(): number {
    return this.segments.active?.endOffset ?? this.endOffset;
  }

  /** Resolves when nothing of this log is under way on the disk but reads; whoever waits has seen to it that nothing begins. */
  async settled(): Promise<void> {
    await this.commits.settled();
    await this.state.settled;
  }

  /**
   * A recovery must not take a gap for damage: no commit is answered before it would know. Called before the first batch that leaves
   * a gap is staged: its bytes may be on disk earlier than the word of it, but then nobody was told of them.
   */
  admitGaps(): void {
    if (this.hasGaps) return;
    this.hasGaps = true;
    this.commits.needs(this.state.save({ hasGaps: true }));
  }

  #abandon(): void {
    const { segment, position, offset } = this.commits.readable;
    this.endOffset = offset;
    this.abandonedBytes =
      segment === null ? this.segments.sizeInBytes : this.segments.bytesAfter(segment, position);
  }
}
