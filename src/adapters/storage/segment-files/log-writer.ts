import type { Engine } from './engine.ts';
import { writeAll, writeAllLater } from './file-calls.ts';
import type { Done } from './file-system.ts';
import type { Segment } from './segment.ts';
import { STAGING_BYTES } from './staging.ts';

/** What waits in memory on a slow disk before the event loop waits too. */
const STAGED_BYTES_MAX = 16 * 1024 * 1024;

/** Bytes that are to be written to one place. */
interface Staged {
  readonly segment: Segment;
  readonly position: number;
  readonly buffer: Buffer;
  used: number;
}

/** Brings the bytes of one log to the operating system: small ones gathered, large ones straight from the caller's buffer. */
export class LogWriter {
  readonly #engine: Engine;
  #staged: Staged[] = [];
  #stagedBytes = 0;
  #isWriting = false;
  #isDiscarded = false;
  #written: Promise<void> = Promise.resolve();
  /** Segments with bytes that were written and not yet synced, oldest first. */
  #unsynced = new Set<Segment>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Nothing waits to be written. */
  get isIdle(): boolean {
    return this.#staged.length === 0 && !this.#isWriting;
  }

  /** Resolves when no write is under way. */
  get written(): Promise<void> {
    return this.#written;
  }

  /** Takes bytes that belong at a segment's end; the caller may use them again at once. Throws system errors. */
  add(segment: Segment, bytes: Buffer): void {
    const waits = this.#mustWait();
    if (bytes.length >= this.#engine.smallBatchBytes && !waits) {
      this.#writeStaged();
      this.#write(segment, bytes, segment.sizeInBytes);
      return;
    }
    const last = this.#staged.at(-1);
    if (last !== undefined && fits(last, segment, bytes)) return this.#copy(last, bytes);
    if (!waits) this.#writeStaged();
    const isSmall = bytes.length <= STAGING_BYTES;
    const buffer = isSmall ? this.#engine.staging.borrow() : Buffer.allocUnsafeSlow(bytes.length);
    const staged = { segment, position: segment.sizeInBytes, buffer, used: 0 };
    this.#staged.push(staged);
    this.#copy(staged, bytes);
  }

  /** Writes what is staged, one call at a time: at once, or through the thread pool while the disk is slow. */
  writeOut(done: Done): void {
    if (this.#staged.length === 0 || !this.#mustWait()) {
      done(attempt(() => this.#writeStaged()));
      return;
    }
    this.#isWriting = true;
    const finish = (error: Error | null) => {
      this.#isWriting = false;
      done(error);
    };
    this.#written = this.#writeLater(this.#takeStaged()).then(() => finish(null), finish);
  }

  takeUnsynced(): Segment[] {
    const segments = [...this.#unsynced];
    this.#unsynced = new Set();
    return segments;
  }

  /** Drops what is staged, and what a write that is under way has not come to; takes no more. */
  discard(): void {
    this.#isDiscarded = true;
    for (const { buffer } of this.#takeStaged()) this.#engine.staging.giveBack(buffer);
  }

  #mustWait(): boolean {
    if (this.#stagedBytes >= STAGED_BYTES_MAX) return false;
    return this.#isWriting || this.#engine.pace.isSlow();
  }

  #copy(staged: Staged, bytes: Buffer): void {
    staged.buffer.set(bytes, staged.used);
    staged.used += bytes.length;
    this.#stagedBytes += bytes.length;
  }

  #takeStaged(): Staged[] {
    const all = this.#staged;
    this.#staged = [];
    this.#stagedBytes = 0;
    return all;
  }

  #writeStaged(): void {
    if (this.#staged.length === 0) return;
    for (const { segment, position, buffer, used } of this.#takeStaged()) {
      this.#write(segment, buffer.subarray(0, used), position);
      this.#engine.staging.giveBack(buffer);
    }
  }

  #write(segment: Segment, bytes: Buffer, position: number): void {
    const { descriptors, fileSystem, pace } = this.#engine;
    const fd = descriptors.fdOf(segment.file);
    this.#unsynced.add(segment);
    pace.measure(() => writeAll(fileSystem, fd, bytes, position));
  }

  async #writeLater(all: readonly Staged[]): Promise<void> {
    const { descriptors, fileSystem, staging } = this.#engine;
    for (const { segment, position, buffer, used } of all) {
      if (this.#isDiscarded) return;
      const bytes = buffer.subarray(0, used);
      await descriptors.use(segment.file, fd => writeAllLater(fileSystem, fd, bytes, position));
      this.#unsynced.add(segment);
      staging.giveBack(buffer);
    }
  }
}

function fits(staged: Staged, segment: Segment, bytes: Buffer): boolean {
  return staged.segment === segment && staged.used + bytes.length <= staged.buffer.length;
}

function attempt(action: () => void): Error | null {
  try {
    action();
    return null;
  } catch (error) {
    return error as Error;
  }
}
