import type { CopiedLog, CopyCommand, CopyLogs } from './copy-logs.ts';
import { liveSources, type LiveLogs } from './runtime/copy-sources.ts';

export type BackupCommand = Omit<CopyCommand, 'sources'>;

/** Copies all that a running broker holds, as it is at one instant, while it serves. */
export class BackUpLogs {
  readonly #logs: LiveLogs;
  readonly #copyLogs: CopyLogs;

  constructor({ copyLogs, ...logs }: LiveLogs & { readonly copyLogs: CopyLogs }) {
    this.#logs = logs;
    this.#copyLogs = copyLogs;
  }

  get clusterId(): string {
    return this.#logs.metadata.clusterId;
  }

  /** Durable in the target when it resolves. Rejects with a StorageError, or with the signal's reason. */
  async execute(command: BackupCommand): Promise<readonly CopiedLog[]> {
    const release = this.#logs.registry.hold.hold();
    try {
      const sources = await liveSources(this.#logs, command.signal);
      return await this.#copyLogs.execute({ ...command, sources });
    } finally {
      release();
    }
  }
}
