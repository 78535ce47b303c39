import { StorageError } from '../../../ports/log-storage.ts';
import type { FileSystem } from './file-system.ts';

/** A file that is opened when it is used, and may be closed when it is not. */
export class LogFile {
  readonly path: string;
  fd = -1;
  pins = 0;
  forgotten = false;
  /** Nobody finds it by its path any more. */
  isNameless = false;

  constructor(path: string) {
    this.path = path;
  }
}

/** Keeps at most so many files open, closing the least recently used; a file with work in flight is pinned. */
export class Descriptors {
  readonly #fileSystem: FileSystem;
  readonly #maxOpen: number;
  /** In order of use, oldest first. */
  readonly #open = new Set<LogFile>();
  #latest: LogFile | null = null;

  constructor(fileSystem: FileSystem, maxOpen: number) {
    this.#fileSystem = fileSystem;
    this.#maxOpen = maxOpen;
  }

  /** A descriptor that is good until the next call of this class. Throws `corrupt` when the file is gone. */
  fdOf(file: LogFile): number {
    if (file === this.#latest && file.fd >= 0) return file.fd;
    this.#latest = file;
    if (file.fd >= 0) this.#open.delete(file);
    else {
      this.#makeRoom();
      file.fd = this.#opened(file.path);
    }
    this.#open.add(file);
    return file.fd;
  }

  /** Makes the file if there is none: no other call here does, or a file that was removed would come back empty. */
  make(file: LogFile): void {
    if (file.fd >= 0) return;
    this.#makeRoom();
    file.fd = this.#fileSystem.open(file.path);
    this.#open.add(file);
  }

  /** A descriptor that is good until `unpin`. */
  pin(file: LogFile): number {
    const fd = this.fdOf(file);
    file.pins += 1;
    return fd;
  }

  unpin(file: LogFile): void {
    file.pins -= 1;
    if (file.forgotten && file.pins === 0) this.#close(file);
  }

  /** Pins the file before this returns, and until the work is done. */
  async use<T>(file: LogFile, work: (fd: number) => Promise<T>): Promise<T> {
    const fd = this.pin(file);
    try {
      return await work(fd);
    } finally {
      this.unpin(file);
    }
  }

  /** Closes a file that is used no more, at once or when its last pin goes. */
  forget(file: LogFile): void {
    file.forgotten = true;
    if (file.pins === 0) this.#close(file);
  }

  /** As `forget`, of a file that another has taken the name of: its room is given back off the event loop. */
  forgetNameless(file: LogFile): void {
    file.isNameless = true;
    this.forget(file);
  }

  /**
   * Removes a file: its name at once, its bytes when the last pin goes. To free a gibibyte takes tens of milliseconds; while it is
   * open that is left to the close, which waits for it elsewhere.
   */
  remove(file: LogFile): void {
    const isHeld = this.#isHeld(file);
    try {
      this.#fileSystem.remove(file.path);
      this.forgetNameless(file);
    } finally {
      if (isHeld) this.unpin(file);
    }
  }

  /** Closes a file that has no pins; its next use opens whatever has its name by then. */
  letGo(file: LogFile): void {
    if (file.pins === 0) this.#close(file);
  }

  #makeRoom(): void {
    for (const file of this.#open) {
      if (this.#open.size < this.#maxOpen) return;
      if (file.pins === 0) this.#close(file);
    }
  }

  #opened(path: string): number {
    try {
      return this.#fileSystem.openExisting(path);
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw new StorageError('corrupt', `${path} is missing`, { cause: error });
    }
  }

  /** Pins the file if it can be opened: if not, it is removed all the same. */
  #isHeld(file: LogFile): boolean {
    try {
      this.pin(file);
      return true;
    } catch {
      return false;
    }
  }

  #close(file: LogFile): void {
    if (file.fd < 0) return;
    this.#open.delete(file);
    const fd = file.fd;
    file.fd = -1;
    if (file.isNameless) this.#fileSystem.closeLater(fd);
    else this.#fileSystem.close(fd);
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
