import { deferred, type Deferred } from './deferred.ts';
import type { FileSystem } from './file-system.ts';

/** Syncs one directory for many at once: who asks while a sync is on its way shares the next one. */
export class DirectorySync {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  #next: Deferred | null = null;
  #isSyncing = false;

  constructor(fileSystem: FileSystem, path: string) {
    this.#fileSystem = fileSystem;
    this.#path = path;
  }

  /** Resolves when every change of names made before this call is durable. */
  sync(): Promise<void> {
    const { promise } = (this.#next ??= deferred());
    if (!this.#isSyncing) this.#start();
    return promise;
  }

  #start(): void {
    const round = this.#next;
    if (round === null) return;
    this.#next = null;
    this.#isSyncing = true;
    this.#fileSystem.syncDirectory(this.#path, error => {
      this.#isSyncing = false;
      if (error) round.reject(error);
      else round.resolve();
      this.#start();
    });
  }
}
