import type { FileSystem } from './file-system.ts';

/** A file that is opened when it is used, and may be closed when it is not. */
export class LogFile {
  readonly path: string;
  fd = -1;
  pins = 0;
  forgotten = false;

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

  /** A descriptor that is good until the next call of this class. */
  fdOf(file: LogFile): number {
    if (file === this.#latest && file.fd >= 0) return file.fd;
    this.#latest = file;
    if (file.fd >= 0) this.#open.delete(file);
    else {
      this.#makeRoom();
      file.fd = this.#fileSystem.open(file.path);
    }
    this.#open.add(file);
    return file.fd;
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

  #makeRoom(): void {
    for (const file of this.#open) {
      if (this.#open.size < this.#maxOpen) return;
      if (file.pins === 0) this.#close(file);
    }
  }

  #close(file: LogFile): void {
    if (file.fd < 0) return;
    this.#open.delete(file);
    const fd = file.fd;
    file.fd = -1;
    this.#fileSystem.close(fd);
  }
}
