import type { Logger } from '../../../ports/logger.ts';
import type { PartitionState } from './partition-state.ts';
import type { Damage } from './segment-scan.ts';
import type { Segment } from './segment.ts';

/** Tells people what a recovery has found, with the place. */
export class RecoveryReport {
  readonly #logger: Logger;
  readonly #state: PartitionState;

  constructor(logger: Logger, state: PartitionState) {
    this.#logger = logger;
    this.#state = state;
  }

  /** Damage that whole batches follow, which are kept. */
  setAside(segment: Segment, damage: Damage, keptAs: string): void {
    const facts = { ...this.#facts(segment, damage), keptAs };
    this.#logger.error(
      facts,
      'a batch within the log is damaged: it is set aside, and leaves a gap',
    );
  }

  /** The end of the log; `keptAs` is null when it is no more than a torn write. */
  cutOff(segment: Segment, damage: Damage, keptAs: string | null): void {
    const facts = this.#facts(segment, damage);
    if (keptAs === null) this.#logger.warn(facts, 'the log ends in a torn batch: it is cut off');
    else {
      const message =
        'the machine stopped before the log was written out: it is cut off where a part is missing';
      this.#logger.error({ ...facts, keptAs }, message);
    }
  }

  missing(segment: Segment, from: number): void {
    const facts = { ...this.#place(segment), offset: from, lastOffset: segment.baseOffset - 1 };
    this.#logger.error(facts, 'a file of the log is missing: it leaves a gap');
  }

  cutBefore(segment: Segment, from: number): void {
    const facts = { ...this.#place(segment), offset: from, missingFrom: from };
    this.#logger.warn(facts, 'the log has a gap: what follows is removed');
  }

  #facts(segment: Segment, { position, bytes, from, to }: Damage): object {
    const lastOffset = to === null ? null : to - 1;
    return { ...this.#place(segment), offset: from, lastOffset, position, bytes };
  }

  #place(segment: Segment): object {
    const { topic, partition } = this.#state;
    return { topic, partition, file: segment.file.path };
  }
}
