import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../../../ports/log-storage.ts';

/** What a lock asks of a file system; calls are synchronous and throw system errors. */
export interface LockFiles {
  /** Opens for reading and writing; makes the file when there is none. */
  open(path: string): number;
  close(fd: number): void;
  writeSync(fd: number, bytes: Buffer, position: number): number;
  readSync(fd: number, into: Buffer, position: number): number;
  /** Null when there is no such name. */
  sizeOf(path: string): number | null;
  /** A second name for a file; throws EEXIST when the name is taken. */
  link(existing: string, name: string): void;
  rename(from: string, to: string): void;
  /** Nothing happens when there is no such file. */
  remove(path: string): void;
}

/** Tells processes apart, also when the system gives a number out again. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When that process started, in any unit; 'unknown' if the system does not say; null when there is no such process. */
  startOf(pid: number): string | null;
}

export const thisProcess: ProcessIdentity = { pid: process.pid, startOf: startOfProcess };

function startOfProcess(pid: number): string | null {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return null;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command may hold spaces and brackets, so fields are counted from its closing bracket: the 22nd is the start time.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

/** One process per directory: a file that names its holder, stale when that process is gone. */
export class DirectoryLock {
  readonly #fileSystem: LockFiles;
  readonly #directory: string;
  readonly #path: string;
  readonly #process: ProcessIdentity;

  constructor(fileSystem: LockFiles, directory: string, identity: ProcessIdentity) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#path = join(directory, 'lock');
    this.#process = identity;
  }

  /** Throws `locked` when a living process holds the directory, this one included. */
  acquire(): void {
    if (this.#tryLink()) return;
    const holder = this.#holder();
    if (this.#isAlive(holder)) throw this.#locked(holder);
    this.#removeStale(holder);
    if (!this.#tryLink()) throw this.#locked(this.#holder());
  }

  release(): void {
    this.#fileSystem.remove(this.#path);
  }

  /** A link appears whole or not at all, so that nobody sees a lock without its holder. */
  #tryLink(): boolean {
    const mine = this.#ownPath('new');
    this.#fileSystem.remove(mine);
    try {
      this.#writeHolder(mine);
      this.#fileSystem.link(mine, this.#path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      this.#fileSystem.remove(mine);
    }
  }

  #writeHolder(path: string): void {
    const { pid } = this.#process;
    const holder = Buffer.from(`${pid} ${this.#process.startOf(pid)}\n`);
    const fd = this.#fileSystem.open(path);
    try {
      for (let written = 0; written < holder.length;) {
        written += this.#fileSystem.writeSync(fd, holder.subarray(written), written);
      }
    } finally {
      this.#fileSystem.close(fd);
    }
  }

  #holder(): string {
    return this.#textOf(this.#path) ?? '';
  }

  #isAlive(holder: string): boolean {
    const [pid, start] = holder.split(' ');
    if (start === undefined || !/^\d+$/.test(pid!)) return false;
    return this.#process.startOf(Number(pid)) === start;
  }

  /** Two processes may see the same stale lock: the second to move it has the first one's new lock, and puts it back. */
  #removeStale(holder: string): void {
    const aside = this.#ownPath('stale');
    this.#fileSystem.rename(this.#path, aside);
    const moved = this.#textOf(aside);
    if (moved !== holder) {
      this.#fileSystem.rename(aside, this.#path);
      throw this.#locked(moved ?? '');
    }
    this.#fileSystem.remove(aside);
  }

  #textOf(path: string): string | null {
    const size = this.#fileSystem.sizeOf(path);
    if (size === null) return null;
    const bytes = Buffer.alloc(size);
    const fd = this.#fileSystem.open(path);
    this.#fileSystem.readSync(fd, bytes, 0);
    this.#fileSystem.close(fd);
    return bytes.toString().trim();
  }

  #ownPath(purpose: string): string {
    return `${this.#path}.${this.#process.pid}.${purpose}`;
  }

  #locked(holder: string): StorageError {
    const pid = holder.split(' ')[0];
    const message = `data directory ${this.#directory} is in use by process ${pid}: stop it, or choose another directory`;
    return new StorageError('locked', message);
  }
}
