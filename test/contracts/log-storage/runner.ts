import { strictEqual } from 'node:assert/strict';
import type { RecordBatch } from '../../../src/domain/model/log/record-batch.ts';
import type { LogStorage, PartitionLog } from '../../../src/ports/log-storage.ts';
import { SETTINGS, appended, keyOf } from '../../support/log-storage-steps.ts';

/** The functions of a test framework that the contract needs: those of vitest and of node:test fit, and of most others. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly test: (name: string, body: () => Promise<void>) => unknown;
  readonly beforeEach: (body: () => Promise<void>) => unknown;
  readonly afterEach: (body: () => Promise<void>) => unknown;
}

/** One store under test; `reopen` closes it and opens what it left behind, and is null where nothing is left. */
export interface StorageUnderTest {
  readonly storage: LogStorage;
  readonly reopen: (() => Promise<LogStorage>) | null;
  readonly dispose: () => Promise<void>;
}

/** What a test has: a store, and one new log in it. */
export class Rig {
  readonly key = keyOf(0);
  readonly #make: () => Promise<StorageUnderTest>;
  under!: StorageUnderTest;
  storage!: LogStorage;
  log!: PartitionLog;

  constructor(runner: TestRunner, make: () => Promise<StorageUnderTest>) {
    this.#make = make;
    runner.beforeEach(() => this.#begin());
    runner.afterEach(() => this.under.dispose());
  }

  /** Appends batches of three offsets each, of these sizes, and commits them. */
  async committed(...sizes: number[]): Promise<RecordBatch[]> {
    const batches = sizes.map(sizeInBytes => appended(this.log, { sizeInBytes, count: 3 }));
    await this.log.commit(false);
    return batches;
  }

  /** Opens the log again, with a higher epoch: after a restart, where the store outlives one. */
  async reopened(): Promise<PartitionLog> {
    if (this.under.reopen !== null) this.storage = await this.under.reopen();
    const epoch = this.log.epochs.at(-1)!.epoch + 1;
    this.log = await this.storage.open(this.key, epoch, SETTINGS);
    strictEqual(this.log.epochs.at(-1)!.epoch, epoch);
    return this.log;
  }

  async #begin(): Promise<void> {
    this.under = await this.#make();
    this.storage = this.under.storage;
    this.log = await this.storage.open(this.key, 1, SETTINGS);
  }
}

/** A part of the contract. */
export type ContractPart = (runner: TestRunner, rig: Rig) => void;
