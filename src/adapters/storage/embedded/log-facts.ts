import type { EpochStart } from '../../../domain/model/log/leader-epochs.ts';
import type { SegmentFacts } from '../../../domain/model/log/segment-roll.ts';
import type { PartitionKey } from '../../../ports/log-storage.ts';

/** What is known of a log beside its rows: written with them, in the same transaction, so that nothing has to be recovered. */
export interface LogFacts {
  /** Names the log's rows: a positive integer that is never given out again while rows may be left. */
  readonly log: number;
  readonly key: PartitionKey;
  /** True while its rows are being deleted: nobody can open it any more. */
  readonly isRemoved: boolean;
  readonly epochs: readonly EpochStart[];
  readonly startOffset: number;
  /** After the last batch in a row. */
  readonly endOffset: number;
  /** Bytes of batches kept. */
  readonly sizeInBytes: number;
  /** The highest timestamp of all rows there ever were. */
  readonly peak: number;
  /** The newest segment, from which `activeOffset` follows. */
  readonly segment: SegmentFacts;
}

/** As JSON, for engines that keep facts as bytes or text. */
export function encodeFacts(facts: LogFacts): string {
  return JSON.stringify({ format: 1, ...facts });
}

/** Throws for a text that `encodeFacts` did not give. */
export function decodeFacts(text: string): LogFacts {
  const { format, ...facts } = JSON.parse(text) as LogFacts & { format: number };
  if (format !== 1) throw new Error(`the format of a log's facts is ${format}, not 1`);
  return facts;
}
