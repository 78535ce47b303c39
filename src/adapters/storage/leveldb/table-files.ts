import { close, open } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const opened = promisify(open);
const closed = promisify(close);

const LOOK_EVERY_MS = 100;
/** Far more than a file system's clock is coarse. */
const SURE_MS = 1000;
/** The newest are those that LevelDB merges most. */
const MOST_OPEN = 512;
/** So many looks after the last change, half a minute, it looks no more: LevelDB goes on merging for a while. */
const IDLE_AFTER_LOOKS = 300;

export interface TableFilesLimits {
  readonly mostOpen?: number;
  readonly idleAfterLooks?: number;
}

/**
 * Holds LevelDB's tables open. LevelDB removes those that it has merged while it has its lock, for which each read waits on the
 * event loop; only the last one to close a file gives its blocks back, which takes long. With this, it is another thread that does.
 * Nothing depends on it: a table that is not held is removed all the same. It looks what there is while tables may come and go.
 */
export class TableFiles {
  readonly #directory: string;
  readonly #mostOpen: number;
  readonly #idleAfterLooks: number;
  readonly #fds = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;
  #looksLeft = 0;
  #isClosed = false;
  #looking: Promise<void> | null = null;
  /** The directory's time of change at the last look, and whether nothing can have been missed then. */
  #seen: number | null = null;
  #isSure = false;
  /** One at a time: the threads have other things to do. */
  #closing: Promise<void> = Promise.resolve();

  constructor(
    directory: string,
    { mostOpen = MOST_OPEN, idleAfterLooks = IDLE_AFTER_LOOKS }: TableFilesLimits = {},
  ) {
    this.#directory = directory;
    this.#mostOpen = mostOpen;
    this.#idleAfterLooks = idleAfterLooks;
    this.expectChanges();
  }

  /** From now on, and for a while, LevelDB may make tables and merge them. */
  expectChanges(): void {
    this.#looksLeft = this.#idleAfterLooks;
    if (this.#timer !== null || this.#isClosed) return;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#rest();
    await this.#looking;
    for (const name of this.#fds.keys()) this.#drop(name);
    await this.#closing;
  }

  #rest(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    if (this.#looksLeft <= 0) return this.#rest();
    this.#looksLeft -= 1;
    this.#looking ??= this.#update()
      .catch(() => undefined)
      .finally(() => {
        this.#looking = null;
      });
  }

  async #update(): Promise<void> {
    const now = Date.now();
    const { mtimeMs } = await stat(this.#directory);
    if (mtimeMs === this.#seen && this.#isSure) return;
    if (mtimeMs !== this.#seen) this.#looksLeft = this.#idleAfterLooks;
    this.#seen = mtimeMs;
    this.#isSure = false;
    const names = (await readdir(this.#directory)).filter(name => name.endsWith('.ldb'));
    const newest = names.toSorted((a, b) => numberOf(a) - numberOf(b)).slice(-this.#mostOpen);
    for (const name of newest) {
      if (!this.#fds.has(name)) this.#fds.set(name, await opened(join(this.#directory, name), 'r'));
    }
    const held = new Set(newest);
    for (const name of this.#fds.keys()) {
      if (!held.has(name)) this.#drop(name);
    }
    // What changes in the same tick of the file system's clock leaves the directory's time as it is.
    this.#isSure = now - mtimeMs > SURE_MS;
  }

  #drop(name: string): void {
    const fd = this.#fds.get(name)!;
    this.#fds.delete(name);
    this.#closing = this.#closing.then(() => closed(fd)).catch(() => undefined);
  }
}

function numberOf(name: string): number {
  return Number.parseInt(name, 10);
}
