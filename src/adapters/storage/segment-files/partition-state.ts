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
