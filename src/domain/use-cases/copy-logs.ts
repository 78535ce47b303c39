import type { Checksum } from '../../ports/checksum.ts';
import type { LogStorage, PartitionKey } from '../../ports/log-storage.ts';
import type { Timers } from '../../ports/timers.ts';
import {
  damageError,
  LogCopy,
  type CopyCompany,
  type CopyExtent,
  type SourceLog,
} from './runtime/log-copy.ts';
import type { Damage } from './runtime/log-walk.ts';

/** A log to copy, opened when its turn comes. */
export interface CopySource {
  readonly key: PartitionKey;
  readonly sizeInBytes: number;
  open(): Promise<SourceLog>;
}

export interface CopyProgress {
  readonly bytes: number;
  readonly totalBytes: number;
  readonly logs: number;
  readonly totalLogs: number;
}

/** A log that was copied, as the copy is. */
export interface CopiedLog extends PartitionKey, CopyExtent {
  readonly epoch: number;
}

export type LeftOut = PartitionKey & Damage & { readonly place: string };

export interface CopyCommand {
  readonly sources: readonly CopySource[];
  /** Empty, or what an earlier copy of the same sources has left. */
  readonly target: LogStorage;
  readonly progressed: (progress: CopyProgress) => void;
  /** Takes what is damaged and goes on without it; without this, damage ends the copy with `corrupt`. */
  readonly leftOut?: (damage: LeftOut) => void;
  readonly signal: AbortSignal;
}

/** While one log waits for the disk another goes on. */
const AT_ONCE = 4;

/**
 * Copies all logs of a store into another, byte for byte. It yields between chunks, so that a broker goes on beside it. What was
 * copied when it is cut short, the next one over the same target need not copy again.
 */
export class CopyLogs {
  readonly #checksum: Checksum;
  readonly #timers: Timers;

  constructor(checksum: Checksum, timers: Timers) {
    this.#checksum = checksum;
    this.#timers = timers;
  }

  /** Durable when it resolves. Rejects with a StorageError, or with the signal's reason. */
  async execute(command: CopyCommand): Promise<readonly CopiedLog[]> {
    const stored = await this.#storedIn(command);
    const progress = new Progress(command);
    const company = this.#companyOf(command, progress);
    return inParallel(command, async log => {
      const { key } = log;
      command.signal.throwIfAborted();
      const source = await log.open();
      const copy = new LogCopy(key, source, command.target, company);
      const extent = await copy.run(stored.get(idOf(key)) ?? null);
      progress.finished();
      return { ...key, ...extent, epoch: source.epochs.at(-1)!.epoch };
    });
  }

  /** The epochs of what an earlier copy has left; what no source has is removed. */
  async #storedIn({ sources, target }: CopyCommand): Promise<ReadonlyMap<string, number>> {
    const wanted = new Set(sources.map(({ key }) => idOf(key)));
    const epochs = new Map<string, number>();
    for (const log of await target.list()) {
      if (wanted.has(idOf(log))) epochs.set(idOf(log), log.epoch);
      else await target.remove(log);
    }
    return epochs;
  }

  #companyOf(command: CopyCommand, progress: Progress): CopyCompany {
    return {
      checksum: this.#checksum,
      advanced: async bytes => {
        progress.copied(bytes);
        await this.#pause();
        command.signal.throwIfAborted();
      },
      damaged: (key, damage) => {
        if (command.leftOut === undefined) throw damageError(key, damage);
        command.leftOut({ ...key, ...damage });
      },
    };
  }

  #pause(): Promise<void> {
    return new Promise(resolve => void this.#timers.after(0, resolve));
  }
}

class Progress {
  readonly #command: CopyCommand;
  readonly #totalBytes: number;
  #bytes = 0;
  #logs = 0;

  constructor(command: CopyCommand) {
    this.#command = command;
    this.#totalBytes = command.sources.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0);
  }

  copied(bytes: number): void {
    this.#bytes += bytes;
    this.#tell();
  }

  finished(): void {
    this.#logs += 1;
    this.#tell();
  }

  #tell(): void {
    const { sources, progressed } = this.#command;
    const [bytes, logs] = [this.#bytes, this.#logs];
    // A log that has grown since its size was asked is copied whole.
    const totalBytes = Math.max(this.#totalBytes, bytes);
    progressed({ bytes, totalBytes, logs, totalLogs: sources.length });
  }
}

/** The outcomes in the order of the sources. The first failure ends all, when what is under way has come to rest. */
async function inParallel(
  { sources }: CopyCommand,
  copy: (source: CopySource) => Promise<CopiedLog>,
): Promise<CopiedLog[]> {
  const copied: CopiedLog[] = [];
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < sources.length && !failed) {
      const at = next++;
      try {
        copied[at] = await copy(sources[at]!);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return copied;
}

function idOf({ topicId, partition }: PartitionKey): string {
  return `${partition}.${topicId}`;
}
