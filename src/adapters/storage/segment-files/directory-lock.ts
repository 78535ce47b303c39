import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../../../ports/log-storage.ts';
import { readWhole, writeAll } from './file-calls.ts';
import type { FileSystem } from './file-system.ts';

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
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #path: string;
  readonly #process: ProcessIdentity;

  constructor(fileSystem: FileSystem, directory: string, identity: ProcessIdentity) {
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
    const { pid } = this.#process;
    this.#fileSystem.remove(mine);
    const fd = this.#fileSystem.open(mine);
    writeAll(this.#fileSystem, fd, Buffer.from(`${pid} ${this.#process.startOf(pid)}\n`), 0);
    this.#fileSystem.close(fd);
    try {
      this.#fileSystem.link(mine, this.#path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      this.#fileSystem.remove(mine);
    }
  }

  #holder(): string {
    return readWhole(this.#fileSystem, this.#path)?.toString().trim() ?? '';
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
    const moved = readWhole(this.#fileSystem, aside)?.toString().trim();
    if (moved !== holder) {
      this.#fileSystem.rename(aside, this.#path);
      throw this.#locked(moved ?? '');
    }
    this.#fileSystem.remove(aside);
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
