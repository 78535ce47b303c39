import { StorageError } from '../../../ports/log-storage.ts';
import { removeSegment, type Engine } from './engine.ts';
import { synced } from './file-calls.ts';
import { RecoveryReport } from './recovery-report.ts';
import { saveState, type PartitionState, type RecoveryPoint } from './partition-state.ts';
import { keepAside, withoutDamage } from './quarantine.ts';
import { segmentsFound } from './segments-found.ts';
import { SegmentScan, type Damage, type ScanBounds } from './segment-scan.ts';
import { Segment } from './segment.ts';

/** What is really there: whole batches, on disk and indexed up to the recovery point. */
export interface RecoveredLog {
  readonly segments: readonly Segment[];
  readonly recoveryPoint: RecoveryPoint;
  readonly hasGaps: boolean;
}

/** A file's bytes, and how many of them were on disk for certain. */
interface FileFacts {
  readonly size: number;
  readonly durableBytes: number;
}

/** Where a log ends, in the words of a recovery point. */
export function recoveryPointAt(segment: Segment | undefined, endOffset: number): RecoveryPoint {
  if (segment === undefined) return { offset: endOffset, segment: endOffset, position: 0 };
  return { offset: endOffset, segment: segment.baseOffset, position: segment.sizeInBytes };
}

/**
 * Finds the end of a log: trusts what lies before the recovery point, checks what follows, and cuts off what is torn. Damage
 * that whole batches follow is set aside, and leaves a gap, if the machine has run on since they were written: then they were
 * all written, and something has damaged one. If not, the disk may have any part of what was never synced, and the log ends
 * where the first part is missing.
 */
export class LogRecovery {
  readonly #engine: Engine;
  readonly #directory: string;
  readonly #state: PartitionState;
  readonly #segments: Segment[];
  readonly #report: RecoveryReport;
  readonly #machineRanOn: boolean;
  #hasGaps: boolean;
  /** The next recovery knows of gaps, too, should this one not come to its end. */
  #areGapsSaved: boolean;

  constructor(engine: Engine, directory: string, state: PartitionState) {
    this.#engine = engine;
    this.#directory = directory;
    this.#state = state;
    this.#segments = segmentsFound(engine, directory);
    this.#report = new RecoveryReport(engine.logger, state);
    this.#machineRanOn = engine.boot !== null && engine.boot === state.boot;
    this.#hasGaps = this.#areGapsSaved = state.hasGaps === true;
  }

  async run(): Promise<RecoveredLog> {
    const { recoveryPoint, startOffset } = this.#state;
    const isEmpty = this.#segments.length === 0;
    this.#dropBelowStart();
    this.#dropEmptyEnd();
    const first = this.#segments.findIndex(s => s.baseOffset >= recoveryPoint.segment);
    const checkFrom = first < 0 ? this.#segments.length : first;
    this.#trust(checkFrom);
    for (let at = checkFrom; at < this.#segments.length; at++) {
      if (!(await this.#check(at))) break;
    }
    const end = this.#segments.at(-1)?.endOffset ?? startOffset;
    // Kafka's UnifiedLog does the same: what was trimmed durably stays trimmed, though the batches after it were lost.
    if (end < startOffset) this.#dropFrom(0);
    await this.#prepareActive();
    return this.#result(
      checkFrom,
      isEmpty ? Math.max(startOffset, recoveryPoint.offset) : startOffset,
    );
  }

  #dropBelowStart(): void {
    const { startOffset } = this.#state;
    while ((this.#segments[1]?.baseOffset ?? Infinity) <= startOffset) {
      removeSegment(this.#engine, this.#segments.shift()!);
    }
  }

  /** A segment's file is made before the last bytes of the one before it are written: being there, it proves nothing. */
  #dropEmptyEnd(): void {
    const { segment } = this.#state.recoveryPoint;
    for (let last = this.#segments.at(-1); last !== undefined; last = this.#segments.at(-1)) {
      const isEmpty = this.#engine.fileSystem.sizeOf(last.file.path) === 0;
      if (!isEmpty || last.baseOffset <= segment) return;
      this.#dropFrom(this.#segments.length - 1);
    }
  }

  /** Closed segments before the recovery point: their indexes are read when they are wanted. */
  #trust(count: number): void {
    for (let at = 0; at < count; at++) {
      const segment = this.#segments[at]!;
      segment.sizeInBytes = this.#engine.fileSystem.sizeOf(segment.file.path) ?? 0;
      segment.foundBytes = segment.sizeInBytes;
      const next = this.#segments[at + 1];
      segment.endOffset = next?.baseOffset ?? this.#state.recoveryPoint.offset;
      segment.index = null;
    }
  }

  /** False when the log ends in or before this segment; those after it are then removed. */
  async #check(at: number): Promise<boolean> {
    const segment = this.#segments[at]!;
    const expected = this.#segments[at - 1]?.endOffset ?? this.#state.startOffset;
    // The first segment may begin before the start offset, which a trim has moved into it.
    const isMissing = at === 0 ? segment.baseOffset > expected : segment.baseOffset !== expected;
    if (isMissing && !this.#mayBeginAt(segment, at, expected)) {
      this.#report.cutBefore(segment, expected);
      this.#dropFrom(at);
      return false;
    }
    const isCut = await this.#scan(segment, at);
    this.#keepKnownEnd(segment);
    const next = this.#segments[at + 1];
    if (!isCut || next === undefined) return true;
    if (this.#machineRanOn) segment.endOffset = next.baseOffset;
    else this.#dropFrom(at + 1);
    return this.#machineRanOn;
  }

  /** What is known to have been on disk was given its offsets: they are not given again, though it is damaged. */
  #keepKnownEnd(segment: Segment): void {
    const { segment: base, offset } = this.#state.recoveryPoint;
    if (segment.baseOffset !== base || segment.endOffset >= offset) return;
    segment.endOffset = offset;
    this.#hasGaps = true;
  }

  /** A log with gaps may have lost all batches before its first segment; and what is too far away has a segment of its own. */
  #mayBeginAt(segment: Segment, at: number, expected: number): boolean {
    const isFar = segment.baseOffset - expected > 2 ** 30;
    if (this.#hasGaps && (at === 0 || isFar)) return true;
    if (!this.#machineRanOn) return false;
    this.#report.missing(segment, expected);
    return (this.#hasGaps = true);
  }

  /** True when the segment's end was damaged. */
  async #scan(segment: Segment, at: number): Promise<boolean> {
    const size = this.#engine.fileSystem.sizeOf(segment.file.path) ?? 0;
    await this.#resume(segment, size);
    this.#engine.indexes.learnFirstTimestamp(segment);
    if (segment.sizeInBytes === size) return false;
    const point = this.#state.recoveryPoint;
    const durableBytes = point.segment === segment.baseOffset ? point.position : 0;
    return this.#scanRest(segment, at, { size, durableBytes });
  }

  async #scanRest(segment: Segment, at: number, file: FileFacts): Promise<boolean> {
    const { fileSystem, descriptors, checksum } = this.#engine;
    const { size } = file;
    const endOffset = this.#segments[at + 1]?.baseOffset ?? Infinity;
    const damages = await descriptors.use(segment.file, async fd => {
      const skipsDamageTo = this.#machineRanOn ? Infinity : file.durableBytes;
      const bounds = { fd, size, endOffset, gaps: this.#gaps(), skipsDamageTo };
      return new SegmentScan(fileSystem, checksum, bounds).run(segment);
    });
    for (const damage of damages) await this.#setAside(segment, damage, at, file);
    await this.#saveGaps();
    const last = damages.at(-1);
    const isCut = last !== undefined && last.position + last.bytes === size;
    const within = isCut ? damages.slice(0, -1) : damages;
    if (within.length > 0) {
      await withoutDamage(this.#engine, segment, within, isCut ? last.position : size);
    } else {
      await descriptors.use(segment.file, fd => {
        if (isCut) fileSystem.truncate(fd, segment.sizeInBytes);
        return synced(fileSystem, fd);
      });
    }
    return isCut;
  }

  /** Before anything is cut out that leaves one: all else that is saved of the log stays true meanwhile. */
  async #saveGaps(): Promise<void> {
    if (!this.#hasGaps || this.#areGapsSaved) return;
    await saveState(this.#engine.fileSystem, this.#directory, { ...this.#state, hasGaps: true });
    this.#areGapsSaved = true;
  }

  /** A process may have been killed before it could save that a first batch leaves a gap. */
  #gaps(): ScanBounds['gaps'] {
    if (this.#hasGaps) return 'anywhere';
    return this.#machineRanOn ? 'borne out' : 'nowhere';
  }

  async #setAside(
    segment: Segment,
    damage: Damage,
    at: number,
    { size, durableBytes }: FileFacts,
  ): Promise<void> {
    const next = this.#segments[at + 1]?.baseOffset ?? null;
    const wasDurable = damage.position < durableBytes;
    const isWithin = damage.position + damage.bytes < size;
    const leavesGap = isWithin || wasDurable || (this.#machineRanOn && next !== null);
    const isTorn = !leavesGap && damage.to === null && next === null;
    const keptAs = isTorn ? null : await keepAside(this.#engine, segment, damage);
    if (leavesGap) this.#report.setAside(segment, { ...damage, to: damage.to ?? next }, keptAs!);
    else this.#report.cutOff(segment, damage, keptAs);
    this.#hasGaps ||= leavesGap;
  }

  /** Begins at the recovery point if the file and its index bear it out, and at the segment's first byte if not. */
  async #resume(segment: Segment, size: number): Promise<void> {
    const point = this.#state.recoveryPoint;
    if (point.segment !== segment.baseOffset || point.position > size) return;
    try {
      const end = { sizeInBytes: point.position, endOffset: point.offset };
      await this.#engine.indexes.load(segment, end);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
    if (segment.endOffset === point.offset && segment.sizeInBytes === point.position) {
      segment.foundBytes = point.position;
    } else segment.become(new Segment(segment.directory, segment.baseOffset, segment.createdAt));
  }

  /** The active segment is written to, so its index is in memory; it was trusted if its successor is gone. */
  async #prepareActive(): Promise<void> {
    const active = this.#segments.at(-1);
    if (active === undefined || active.index !== null) return;
    const { sizeInBytes, endOffset } = active;
    try {
      await this.#engine.indexes.load(active, { sizeInBytes, endOffset }, true);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      active.become(new Segment(active.directory, active.baseOffset, active.createdAt));
      active.foundBytes = 0;
      const file = { size: sizeInBytes, durableBytes: sizeInBytes };
      await this.#scanRest(active, this.#segments.length - 1, file);
      active.endOffset = Math.max(active.endOffset, endOffset);
    }
    this.#engine.indexes.learnFirstTimestamp(active);
  }

  async #result(checkedFrom: number, emptyEnd: number): Promise<RecoveredLog> {
    const { recoveryPoint } = this.#state;
    const [segments, hasGaps] = [this.#segments, this.#hasGaps];
    const active = segments.at(-1);
    const found = recoveryPointAt(active, active?.endOffset ?? emptyEnd);
    const isClean =
      found.offset === recoveryPoint.offset && found.segment === recoveryPoint.segment;
    if (isClean) return { segments, recoveryPoint: found, hasGaps };
    for (const segment of segments.slice(checkedFrom)) {
      await this.#engine.indexes.write(segment);
      if (segment !== active) this.#engine.indexes.letGo(segment);
    }
    return { segments, recoveryPoint: found, hasGaps };
  }

  #dropFrom(at: number): void {
    for (const segment of this.#segments.splice(at).reverse()) removeSegment(this.#engine, segment);
  }
}
