import type { Checksum } from '../../../ports/checksum.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { FlushSchedule, SyncSchedule } from './commit-schedules.ts';
import type { Descriptors } from './descriptors.ts';
import type { FileSystem } from './file-system.ts';
import type { HeaderWalk } from './header-walk.ts';
import type { Segment } from './segment.ts';
import type { SegmentIndexes } from './segment-indexes.ts';
import type { StagingPool, WritePace } from './staging.ts';

/** What all logs of one store share. */
export interface Engine {
  readonly fileSystem: FileSystem;
  readonly checksum: Checksum;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly descriptors: Descriptors;
  readonly headers: HeaderWalk;
  readonly indexes: SegmentIndexes;
  readonly staging: StagingPool;
  readonly pace: WritePace;
  readonly flushes: FlushSchedule;
  readonly syncs: SyncSchedule;
  readonly smallBatchBytes: number;
  readonly hotTailBytes: number;
  /** Which start of the machine this is; null where it cannot be told. */
  readonly boot: string | null;
}

/** Removes the files of a segment that is no longer part of its log; reads of it that are under way still end well. */
export function removeSegment(
  { indexes, descriptors, fileSystem }: Engine,
  segment: Segment,
): void {
  indexes.forget(segment);
  descriptors.remove(segment.file);
  for (const suffix of ['index', 'timeindex'] as const) {
    fileSystem.remove(segment.pathOf(suffix));
  }
}
