import type { EpochStart } from '../../../domain/model/log/leader-epochs.ts';
import type { PartitionKey } from '../../../ports/log-storage.ts';
import type { LogFacts } from './log-facts.ts';
import { LogPoint, type PointFacts } from './log-point.ts';

/** One log as the store knows it, whoever has it open. */
export class LogBody {
  readonly number: number;
  readonly key: PartitionKey;
  epochs: readonly EpochStart[] = [];
  startOffset = 0;
  /** Moves when rows are about to be written anew, and when they were: odd in between. */
  rewrites = 0;
  /** As far as it lies in rows. */
  readonly written: LogPoint;

  constructor(facts: LogFacts) {
    this.number = facts.log;
    this.key = facts.key;
    this.written = new LogPoint(facts);
    this.restore(facts);
  }

  restore(facts: LogFacts): void {
    this.epochs = facts.epochs;
    this.startOffset = facts.startOffset;
    this.written.set(facts);
  }

  /** The highest epoch that ever opened it. */
  get epoch(): number {
    return this.epochs.at(-1)?.epoch ?? -1;
  }

  /** What is to be stored of it when its rows go up to a point. */
  factsAt({ endOffset, sizeInBytes, peak, segment }: PointFacts, isRemoved = false): LogFacts {
    const { number: log, key, epochs, startOffset } = this;
    return { log, key, isRemoved, epochs, startOffset, endOffset, sizeInBytes, peak, segment };
  }
}
