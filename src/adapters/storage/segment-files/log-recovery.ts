import { NO_TIMESTAMP } from '../../../domain/model/log/record-batch.ts';
import { StorageError } from '../../../ports/log-storage.ts';
import { removeSegment, type Engine } from './engine.ts';
import { synced } from './file-calls.ts';
import { baseOffsetOf } from './partition-names.ts';
import type { PartitionState, RecoveryPoint } from './partition-state.ts';
import { SegmentScan, type Damage } from './segment-scan.ts';
import { Segment } from './segment.ts';

/** What is really there: whole batches without a gap, on disk and indexed up to the recovery point. */
export interface RecoveredLog {
  readonly segments: readonly Segment[];
  readonly recoveryPoint: RecoveryPoint;
}

/** Where a log ends, in the words of a recovery point. */
export function recoveryPointAt(segment: Segment | undefined, endOffset: number): RecoveryPoint {
  if (segment === undefined) return { offset: endOffset, segment: endOffset, position: 0 };
  return { offset: endOffset, segment: segment.baseOffset, position: segment.sizeInBytes };
}

/** Finds the end of a log: trusts what lies before the recovery point, checks what follows, and cuts off what is torn. */
export class LogRecovery {
  readonly #engine: Engine;
  readonly #directory: string;
  readonly #state: PartitionState;
  readonly #segments: Segment[];

  constructor(engine: Engine, directory: string, state: PartitionState) {
    this.#engine = engine;
    this.#directory = directory;
    this.#state = state;
    this.#segments = this.#found();
  }

  async run(): Promise<RecoveredLog> {
    const { recoveryPoint, startOffset } = this.#state;
    this.#dropBelowStart();
    const first = this.#segments.findIndex(s => s.baseOffset >= recoveryPoint.segment);
    const checkFrom = first < 0 ? this.#segments.length : first;
    this.#trust(checkFrom);
    for (let at = checkFrom; at < this.#segments.length; at++) {
      if (!(await this.#check(at))) break;
    }
    const end = this.#segments.at(-1)?.endOffset ?? startOffset;
    // Kafka's UnifiedLog does the same: what was trimmed durably stays trimmed, though the batches after it were lost.
    if (end < startOffset) this.#dropFrom(0);
    this.#prepareActive();
    return this.#result(checkFrom);
  }

  #found(): Segment[] {
    const { fileSystem, clock } = this.#engine;
    const bases = fileSystem.list(this.#directory).flatMap(name => baseOffsetOf(name) ?? []);
    const ascending = bases.sort((a, b) => a - b);
    return ascending.map(base => new Segment(this.#directory, base, clock.now()));
  }

  #dropBelowStart(): void {
    const { startOffset } = this.#state;
    while ((this.#segments[1]?.baseOffset ?? Infinity) <= startOffset) {
      removeSegment(this.#engine, this.#segments.shift()!);
    }
  }

  /** Closed segments before the recovery point: their indexes are read when they are wanted. */
  #trust(count: number): void {
    for (let at = 0; at < count; at++) {
      const segment = this.#segments[at]!;
      segment.sizeInBytes = this.#engine.fileSystem.sizeOf(segment.file.path) ?? 0;
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
    if (at === 0 ? segment.baseOffset > expected : segment.baseOffset !== expected) {
      this.#warn(segment, { missingFrom: expected }, 'the log has a gap: what follows is removed');
      this.#dropFrom(at);
      return false;
    }
    const damage = await this.#scan(segment);
    if (damage === null) return true;
    const hasMore = this.#segments.length > at + 1;
    this.#report(segment, { ...damage, isWithin: damage.isWithin || hasMore });
    this.#dropFrom(at + 1);
    return false;
  }

  async #scan(segment: Segment): Promise<Damage | null> {
    const { fileSystem, descriptors } = this.#engine;
    const size = fileSystem.sizeOf(segment.file.path) ?? 0;
    this.#resume(segment, size);
    this.#noteFirstTimestamp(segment);
    if (segment.sizeInBytes === size) return null;
    return descriptors.use(segment.file, async fd => {
      const scan = new SegmentScan(fileSystem, this.#engine.checksum);
      const damage = await scan.run(fd, segment, size);
      if (damage !== null) fileSystem.truncate(fd, segment.sizeInBytes);
      await synced(fileSystem, fd);
      return damage;
    });
  }

  /** Begins at the recovery point if the file and its index bear it out, and at the segment's first byte if not. */
  #resume(segment: Segment, size: number): void {
    const point = this.#state.recoveryPoint;
    if (point.segment !== segment.baseOffset || point.position > size) return;
    try {
      this.#engine.indexes.load(segment, point.position, point.offset);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
    if (segment.endOffset === point.offset && segment.sizeInBytes === point.position) return;
    segment.become(new Segment(segment.directory, segment.baseOffset, segment.createdAt));
  }

  /** The active segment is written to, so its index is in memory; it was trusted if its successor is gone. */
  #prepareActive(): void {
    const active = this.#segments.at(-1);
    if (active === undefined || active.index !== null) return;
    this.#engine.indexes.load(active, active.sizeInBytes, active.endOffset);
    this.#noteFirstTimestamp(active);
  }

  #noteFirstTimestamp(segment: Segment): void {
    if (segment.sizeInBytes === 0 || segment.firstTimestamp !== NO_TIMESTAMP) return;
    const first = { file: segment.file, from: 0, to: segment.sizeInBytes };
    this.#engine.headers.walk(first, header => {
      segment.firstTimestamp = header.maxTimestamp;
      return false;
    });
  }

  async #result(checkedFrom: number): Promise<RecoveredLog> {
    const { recoveryPoint, startOffset } = this.#state;
    const active = this.#segments.at(-1);
    const found = recoveryPointAt(active, active?.endOffset ?? startOffset);
    const isClean =
      found.offset === recoveryPoint.offset && found.segment === recoveryPoint.segment;
    if (isClean) return { segments: this.#segments, recoveryPoint: found };
    for (const segment of this.#segments.slice(checkedFrom)) {
      await this.#engine.indexes.write(segment);
      if (segment !== active) this.#engine.indexes.letGo(segment);
    }
    return { segments: this.#segments, recoveryPoint: found };
  }

  #dropFrom(at: number): void {
    for (const segment of this.#segments.splice(at).reverse()) removeSegment(this.#engine, segment);
  }

  #report(segment: Segment, damage: Damage): void {
    const facts = { position: damage.position, bytes: damage.bytes };
    if (!damage.isWithin) this.#warn(segment, facts, 'the log ends in a torn batch: it is cut off');
    else {
      const message = 'a batch within the log is damaged: it and all that follows are cut off';
      this.#engine.logger.error(this.#facts(segment, facts), message);
    }
  }

  #warn(segment: Segment, facts: object, message: string): void {
    this.#engine.logger.warn(this.#facts(segment, facts), message);
  }

  #facts(segment: Segment, more: object): object {
    const { topic, partition } = this.#state;
    return { topic, partition, offset: segment.endOffset, file: segment.file.path, ...more };
  }
}
