import { close, closeSync, fdatasync, fsync, openSync, readdir } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const fileSynced = promisify(fdatasync);
const directorySynced = promisify(fsync);
/** The last one to close a file that was removed gives its blocks back, which takes a while: not on the event loop. */
const closed = promisify(close);
const namesIn = promisify(readdir);

/** What the memory that LevelDB gathers writes in takes for an entry: never less than it really is (Arena, SkipList). */
const ENTRY_BYTES = 256;
const OWN_BLOCK_BYTES = 1024;
/** What it takes in advance for small entries. */
const BLOCK_BYTES = 4096 + ENTRY_BYTES;

/**
 * The files of LevelDB's write-ahead log. LevelDB begins a new one whenever its write buffer is full, and syncs at most the
 * newest: a power failure could then keep what is in the new file and lose the end of the one before. So whoever writes asks
 * `mayBegin` first, and then syncs what there is.
 */
export class WriteAheadLogs {
  readonly #directory: string;
  readonly #bufferBytes: number;
  #files = new Map<string, number>();
  /** What the newest file has taken, and what the write under way will add. */
  #bytes = BLOCK_BYTES;
  #noted = 0;

  constructor(directory: string, bufferBytes: number) {
    this.#directory = directory;
    this.#bufferBytes = bufferBytes;
  }

  /** Whether LevelDB may begin a new file with the next write. */
  get mayBegin(): boolean {
    return this.#bytes >= this.#bufferBytes;
  }

  /** Takes note of an entry of the next write. */
  note(valueBytes: number): void {
    this.#noted += ENTRY_BYTES + (valueBytes > OWN_BLOCK_BYTES ? valueBytes : 2 * valueBytes);
  }

  /** The write is in the newest file. */
  written(): void {
    this.#bytes += this.#noted;
    this.#noted = 0;
  }

  /** Looks which files there are; new names are made durable. */
  async look(): Promise<void> {
    const names = (await namesIn(this.#directory)).filter(name => name.endsWith('.log'));
    const fresh = names.filter(name => !this.#files.has(name));
    for (const name of fresh) {
      const fd = openedIfThere(join(this.#directory, name));
      if (fd !== null) this.#files.set(name, fd);
    }
    if (fresh.length > 0) {
      this.#bytes = BLOCK_BYTES;
      await this.#syncDirectory();
    }
    const gone = [...this.#files].filter(([name]) => !names.includes(name));
    for (const [name] of gone) this.#files.delete(name);
    await Promise.all(gone.map(([, fd]) => closed(fd)));
  }

  /** Resolves when all that the files held is on stable storage. */
  async sync(): Promise<void> {
    await Promise.all([...this.#files.values()].map(fd => fileSynced(fd)));
  }

  async close(): Promise<void> {
    const fds = [...this.#files.values()];
    this.#files.clear();
    await Promise.all(fds.map(fd => closed(fd)));
  }

  async #syncDirectory(): Promise<void> {
    if (process.platform === 'win32') return;
    const fd = openSync(this.#directory, 'r');
    await directorySynced(fd).finally(() => closeSync(fd));
  }
}

/** Null for a file that LevelDB has removed meanwhile, because all of it is in tables that are synced. */
function openedIfThere(path: string): number | null {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
