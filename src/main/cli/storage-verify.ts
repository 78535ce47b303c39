import { NodeCompression } from '../../adapters/compression/node-compression.ts';
import {
  VerifyLogs,
  type Finding,
  type VerifiedTotals,
} from '../../domain/use-cases/verify-logs.ts';
import { StorageError, type LogStorage } from '../../ports/log-storage.ts';
import type { Logger } from '../../ports/logger.ts';
import { CHECKSUM, withStore } from '../storage/stores.ts';
import type { Format } from './option-parsers.ts';
import { print } from './print.ts';
import { ProgressLine } from './progress-line.ts';
import { sizeText } from './size-text.ts';
import { engineOptions, formatOf, lineLogger, type ShownFlags } from './storage-flags.ts';

/** `hexlog storage verify`: a line for everything that is wrong, then one that sums up. */
export async function verify(flags: ShownFlags): Promise<void> {
  const report = new Report(formatOf(flags));
  const totals = await withStore(engineOptions(flags), report.logger, storage => {
    return report.verify(storage);
  });
  report.close(totals);
}

class Report {
  readonly logger: Logger;
  readonly #format: Format;
  readonly #line = new ProgressLine('verifying');
  /** What was found, by its place, so that what the engine says of it too is not said twice. */
  readonly #found = new Set<string>();
  readonly #engineErrors: { readonly facts: EngineFacts; readonly message: string }[] = [];

  constructor(format: Format) {
    this.#format = format;
    // What the engine's recovery had to set aside is not there to be found any more.
    const error = (facts: EngineFacts, message: string): void => {
      this.#engineErrors.push({ facts, message });
    };
    this.logger = { ...lineLogger, error };
  }

  async verify(storage: LogStorage): Promise<VerifiedTotals> {
    const stored = await storage.list();
    const totalBytes = stored.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0);
    let bytes = 0;
    return new VerifyLogs(CHECKSUM, new NodeCompression()).execute({
      storage,
      found: finding => {
        this.#found.add(placeOf(finding));
        this.#print(finding, findingText(finding));
      },
      progressed: more => this.#line.show((bytes += more), Math.max(bytes, totalBytes)),
    });
  }

  /** Throws a StorageError when something is wrong. */
  close(totals: VerifiedTotals): void {
    const others = this.#engineErrors.filter(({ facts }) => !this.#found.has(placeOf(facts)));
    for (const { facts, message } of others) {
      this.#print({ ...facts, problem: message }, `${message} ${JSON.stringify(facts)}`);
    }
    const findings = totals.findings + others.length;
    this.#print({ ...totals, findings }, totalsText({ ...totals, findings }));
    if (findings === 0) return;
    const what = findings === 1 ? '1 thing is wrong' : `${findings} things are wrong`;
    throw new StorageError('corrupt', what);
  }

  #print(facts: object, text: string): void {
    this.#line.end();
    print({ format: this.#format }, facts, text);
  }
}

/** What engines say of damage. */
interface EngineFacts {
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: number | null;
}

function placeOf({ topic, partition, offset }: EngineFacts): string {
  return `${topic}-${partition} ${offset}`;
}

function findingText({ topic, partition, offset, place, problem }: Finding): string {
  const where = offset === null ? '' : ` at offset ${offset}`;
  return `${topic}-${partition}${where}${place === null ? '' : ` (${place})`}: ${problem}`;
}

function totalsText(totals: VerifiedTotals): string {
  const { logs, batches, records, bytes, findings, notInflated } = totals;
  const unseen =
    notInflated === 0
      ? ''
      : `; the records of ${notInflated} batches need a codec that is not here`;
  const found = findings === 1 ? '1 finding' : `${findings} findings`;
  const verdict = findings === 0 ? 'nothing is wrong' : found;
  const seen = `${logs} logs, ${batches} batches, ${records} records, ${sizeText(bytes)}`;
  return `verified ${seen}: ${verdict}${unseen}`;
}
