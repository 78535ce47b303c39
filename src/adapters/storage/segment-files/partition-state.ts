import { join } from 'node:path';
import type { EpochStart } from '../../../domain/model/log/leader-epochs.ts';
import { StorageError } from '../../../ports/log-storage.ts';
import { readWhole, replaceFile } from './file-calls.ts';
import type { FileSystem } from './file-system.ts';

/** Everything before this is on disk, checked, and indexed: recovery begins here, and after a clean close it is the end. */
export interface RecoveryPoint {
  readonly offset: number;
  /** Where that is: a segment, by its base offset, and a position in it. */
  readonly segment: number;
  readonly position: number;
}

/** What is known of a log beside its segments; the last of `epochs` is the highest epoch that ever opened it. */
export interface PartitionState {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly startOffset: number;
  readonly epochs: readonly EpochStart[];
  readonly recoveryPoint: RecoveryPoint;
  /** Offsets may be missing between two batches: of a log without gaps, a batch that leaves one is damaged. */
  readonly hasGaps?: boolean;
  /** Which start of the machine wrote last: in the same one the page cache is whole, whatever became of the process. */
  readonly boot?: string | null;
}

const FILE = 'partition.json';
const FORMAT = 1;

/** Null when the directory is new; throws `corrupt` when the file is damaged, which no crash can do. */
export function readState(fileSystem: FileSystem, directory: string): PartitionState | null {
  const path = join(directory, FILE);
  const bytes = readWhole(fileSystem, path);
  if (bytes === null) return null;
  try {
    const read = JSON.parse(bytes.toString()) as PartitionState & { format: number };
    if (read.format !== FORMAT) throw new Error(`its format is ${read.format}, not ${FORMAT}`);
    return read;
  } catch (error) {
    throw new StorageError('corrupt', `${path} cannot be read`, { cause: error });
  }
}

export function saveState(
  fileSystem: FileSystem,
  directory: string,
  state: PartitionState,
): Promise<void> {
  const text = JSON.stringify({ format: FORMAT, ...state });
  return replaceFile(fileSystem, directory, FILE, Buffer.from(text));
}

/** The state of one log; changes are saved one after the other. */
export class SavedState {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  #state: PartitionState;
  #saving: Promise<void> = Promise.resolve();

  constructor(fileSystem: FileSystem, directory: string, state: PartitionState) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#state = state;
  }

  /** What was saved last. */
  get saved(): PartitionState {
    return this.#state;
  }

  /** Resolves when nothing is being saved, as far as one has asked for it. */
  get settled(): Promise<void> {
    return this.#saving;
  }

  /** Durable when it resolves. */
  save(change: Partial<PartitionState>): Promise<void> {
    const run = this.#saving.then(async () => {
      const state = { ...this.#state, ...change };
      await saveState(this.#fileSystem, this.#directory, state);
      this.#state = state;
    });
    this.#saving = run.catch(() => undefined);
    return run;
  }
}
