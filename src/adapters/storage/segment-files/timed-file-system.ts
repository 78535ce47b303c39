import type { StorageMetrics } from '../../../ports/metrics.ts';
import type { CountDone, Done } from './file-system.ts';
import { NodeFileSystem } from './node-file-system.ts';

/** The machine's own file system, whose writes and syncs are timed. */
export class TimedFileSystem extends NodeFileSystem {
  readonly #metrics: StorageMetrics;

  constructor(metrics: StorageMetrics) {
    super();
    this.#metrics = metrics;
  }

  override writeSync(fd: number, bytes: Buffer, position: number): number {
    const { flushes, nowMs } = this.#metrics;
    const began = nowMs();
    const written = super.writeSync(fd, bytes, position);
    flushes.observe(nowMs() - began);
    return written;
  }

  override write(fd: number, bytes: Buffer, position: number, done: CountDone): void {
    const { flushes, nowMs } = this.#metrics;
    const began = nowMs();
    super.write(fd, bytes, position, (error, count) => {
      flushes.observe(nowMs() - began);
      done(error, count);
    });
  }

  override fdatasync(fd: number, done: Done): void {
    const { syncs, nowMs } = this.#metrics;
    const began = nowMs();
    super.fdatasync(fd, error => {
      syncs.observe(nowMs() - began);
      done(error);
    });
  }
}
