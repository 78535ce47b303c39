import type { RecordBatch } from '../../../domain/model/log/record-batch.ts';
import { LogFile } from './descriptors.ts';
import type { Engine } from './engine.ts';
import { directorySynced, readAllLater, synced, writeAllLater } from './file-calls.ts';
import { INDEX_INTERVAL_BYTES } from './segment-scan.ts';
import { Segment } from './segment.ts';

const BUFFER_BYTES = 256 * 1024;

/**
 * What is going to be a segment in the place of another. It is written under a name of its own, which recovery removes; the
 * rename is the one moment at which the old batches become the new ones, for this process as for the next (Kafka has two names
 * for this, .cleaned and .swap, because its segments may become one).
 */
export class CleanedSegment {
  readonly #engine: Engine;
  readonly #file: LogFile;
  readonly #old: Segment;
  readonly #fresh: Segment;
  #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #used = 0;
  #written = 0;
  #isBegun = false;
  #isDiscarded = false;

  constructor(engine: Engine, old: Segment) {
    this.#engine = engine;
    this.#old = old;
    this.#file = new LogFile(old.pathOf('log.cleaned'));
    this.#fresh = new Segment(old.directory, old.baseOffset, old.createdAt);
  }

  /** Adds a batch, at once or, when the buffer is full, later. */
  add(batch: RecordBatch, indexIntervalBytes: number): void | Promise<void> {
    this.#fresh.note(batch, batch.sizeInBytes, indexIntervalBytes);
    if (this.#used + batch.sizeInBytes > BUFFER_BYTES) return this.#addLater(batch.bytes);
    this.#buffer.set(batch.bytes, this.#used);
    this.#used += batch.sizeInBytes;
  }

  /** Adds what the old segment has from a position on, as it is. */
  async takeTail(position: number): Promise<void> {
    const { headers, descriptors, fileSystem } = this.#engine;
    const old = this.#old;
    const tail = { file: old.file, from: position, to: old.sizeInBytes };
    await headers.walkLater(tail, (header, _, size) => {
      this.#fresh.note(header, size, INDEX_INTERVAL_BYTES);
      return !this.#isDiscarded;
    });
    for (let at = position; at < old.sizeInBytes && !this.#isDiscarded; at += BUFFER_BYTES) {
      const bytes = Buffer.allocUnsafeSlow(Math.min(BUFFER_BYTES, old.sizeInBytes - at));
      await descriptors.use(old.file, fd => readAllLater(fileSystem, fd, bytes, at));
      await this.#addLater(bytes);
    }
    // Nobody has checked the headers of old bytes: whoever reads them does.
    if (old.foundBytes > position) this.#fresh.foundBytes = this.#fresh.sizeInBytes;
  }

  /** All that was added is on disk when it resolves. */
  async complete(): Promise<void> {
    await this.#write(this.#takeBuffer());
    await this.#withFile(fd => synced(this.#engine.fileSystem, fd));
  }

  /** Becomes the segment, and is handed over at that moment; the name is durable when it resolves. */
  async putInPlace(handOver: (fresh: Segment) => void): Promise<void> {
    const { fileSystem, descriptors, indexes } = this.#engine;
    const { directory } = this.#fresh;
    descriptors.forget(this.#file);
    // The old indexes would be taken to fit the new log after a crash.
    for (const suffix of ['index', 'timeindex'] as const) {
      fileSystem.remove(this.#fresh.pathOf(suffix));
    }
    await directorySynced(fileSystem, directory);
    // What is renamed over is given back in the thread pool when the last of those goes who have it open.
    descriptors.pin(this.#old.file);
    try {
      fileSystem.rename(this.#file.path, this.#fresh.file.path);
      handOver(this.#fresh);
    } finally {
      descriptors.unpin(this.#old.file);
    }
    await directorySynced(fileSystem, directory);
    await indexes.write(this.#fresh);
    indexes.letGo(this.#fresh);
  }

  /** Gives up what was written. */
  discard(): void {
    this.#isDiscarded = true;
    this.#engine.descriptors.remove(this.#file);
  }

  async #addLater(bytes: Buffer): Promise<void> {
    await this.#write(this.#takeBuffer());
    await this.#write(bytes);
  }

  #takeBuffer(): Buffer {
    const bytes = this.#buffer.subarray(0, this.#used);
    this.#used = 0;
    return bytes;
  }

  async #write(bytes: Buffer): Promise<void> {
    const position = this.#written;
    this.#written += bytes.length;
    await this.#withFile(fd => writeAllLater(this.#engine.fileSystem, fd, bytes, position));
  }

  /** Does nothing once it was discarded: the file must not be made again. */
  async #withFile(work: (fd: number) => Promise<void>): Promise<void> {
    if (this.#isDiscarded) return;
    const { descriptors, fileSystem } = this.#engine;
    if (!this.#isBegun) descriptors.make(this.#file);
    await descriptors.use(this.#file, async fd => {
      if (!this.#isBegun) fileSystem.truncate(fd, 0);
      this.#isBegun = true;
      await work(fd);
    });
  }
}
