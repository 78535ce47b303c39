import { Worker } from 'node:worker_threads';
import type { Logger } from '../../../ports/logger.ts';
import { deferred, type Deferred } from '../shared/deferred.ts';
import type { Changes } from '../embedded/row-store.ts';

/** A checkpoint is begun when so much of what the WAL may hold was written. */
const STEPS = 8;

/** The result of a checkpoint, in pages: those that are in the WAL, and those of them that are in the database too. */
interface Report {
  readonly log: number;
  readonly checkpointed: number;
}

/**
 * A connection of its own, for a checkpoint takes tens of milliseconds. The text is run as it is, so that no file has to be found
 * from wherever this code was put.
 */
const WORKER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const Database = require(workerData.driver);
  const db = new Database(workerData.file);
  db.pragma('synchronous = NORMAL');
  db.pragma('wal_autocheckpoint = 0');
  const checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  parentPort.on('message', order => {
    if (order === 'stop') {
      db.close();
      parentPort.close();
      return;
    }
    try {
      parentPort.postMessage(checkpoint.get());
    } catch (error) {
      parentPort.postMessage({ error: String(error) });
    }
  });
`;

export interface CheckpointOptions {
  readonly file: string;
  /** Where the driver lies, for the worker to load. */
  readonly driver: string;
  readonly pageBytes: number;
  /** A WAL that has grown so far is emptied: writes wait for that, and begin it anew. */
  readonly walBytes: number;
  readonly logger: Logger;
}

/**
 * Moves pages from the WAL to the database, in a worker thread, while writes go on. They add to the WAL's end, so that it never
 * gets empty by itself under load: when it is large, writes are held until one checkpoint has seen all of it.
 */
export class WalCheckpoints {
  readonly #options: CheckpointOptions;
  readonly #stepBytes: number;
  #worker: Worker | null = null;
  #isRunning = false;
  #hold: Deferred | null = null;
  /** Writes are held since before this checkpoint began. */
  #seesAll = false;
  /** Bytes written since the last checkpoint began. */
  #newBytes = 0;
  #whenDone: Deferred | null = null;

  constructor(options: CheckpointOptions) {
    this.#options = options;
    this.#stepBytes = options.walBytes / STEPS;
  }

  /** Until this resolves nothing may be written; null when there is nothing to wait for. */
  get held(): Promise<void> | null {
    return this.#hold?.promise ?? null;
  }

  /** Takes note of a write. */
  written({ rows }: Changes): void {
    this.#newBytes += this.#options.pageBytes;
    for (const { sizeInBytes } of rows) this.#newBytes += sizeInBytes;
    if (this.#isRunning) {
      // A slow checkpoint must not let it grow without end.
      if (this.#newBytes >= this.#options.walBytes) this.#hold ??= deferred();
    } else if (this.#newBytes >= this.#stepBytes) this.#begin();
  }

  async stop(): Promise<void> {
    if (this.#isRunning) await (this.#whenDone ??= deferred()).promise;
    const worker = this.#worker;
    if (worker === null) return;
    this.#worker = null;
    worker.ref();
    const ended = new Promise(resolve => worker.once('exit', resolve));
    worker.postMessage('stop');
    await ended;
  }

  #begin(): void {
    this.#isRunning = true;
    this.#seesAll = this.#hold !== null;
    this.#newBytes = 0;
    const worker = (this.#worker ??= this.#start());
    worker.ref();
    worker.postMessage('checkpoint');
  }

  #start(): Worker {
    const { file, driver } = this.#options;
    const worker = new Worker(WORKER, { eval: true, workerData: { file, driver } });
    worker.on('message', (report: Report | { error: string }) => this.#ended(report));
    worker.on('error', error => this.#lost(worker, String(error)));
    worker.on('exit', code => this.#lost(worker, `the worker ended by itself with ${code}`));
    return worker;
  }

  /** The next checkpoint has a new worker. An error is told first, and then that the worker has ended. */
  #lost(worker: Worker, error: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    if (this.#isRunning) this.#ended({ error });
  }

  /** A checkpoint that fails takes nothing away: the WAL has it all, and a later one may succeed. */
  #ended(report: Report | { error: string }): void {
    this.#isRunning = false;
    this.#worker?.unref();
    this.#whenDone?.resolve();
    if ('error' in report) {
      this.#options.logger.warn({ ...report }, 'a checkpoint of the database failed');
      return this.#release();
    }
    if (this.#whenDone !== null) return this.#release();
    const { log, checkpointed } = report;
    const { pageBytes, walBytes } = this.#options;
    const isLarge = log * pageBytes >= walBytes;
    const isBehind = (log - checkpointed) * pageBytes >= this.#stepBytes;
    if (isLarge && !this.#seesAll) this.#hold ??= deferred();
    else this.#release();
    if (this.#hold !== null || isBehind || this.#newBytes >= this.#stepBytes) this.#begin();
  }

  #release(): void {
    this.#hold?.resolve();
    this.#hold = null;
  }
}
