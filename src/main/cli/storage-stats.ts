import { MeasureLogs, type MeasuredLog } from '../../domain/use-cases/measure-logs.ts';
import { withStore } from '../storage/stores.ts';
import { print } from './print.ts';
import { engineOptions, formatOf, lineLogger, type ShownFlags } from './storage-flags.ts';
import { textTable } from './text-table.ts';

const TITLES = ['TOPIC', 'PARTITION', 'START', 'END', 'BYTES', 'BATCHES', 'RECORDS', 'SEGMENTS'];

/** `hexlog storage stats`. */
export async function stats(flags: ShownFlags): Promise<void> {
  const logs = await withStore(engineOptions(flags), lineLogger, storage => {
    return new MeasureLogs().execute(storage);
  });
  const format = formatOf(flags);
  print({ format }, logs, textTable(TITLES, [...logs.map(rowOf), totalRow(logs)]).join('\n'));
}

function rowOf(log: MeasuredLog): (string | number)[] {
  const { topic, partition, startOffset, endOffset } = log;
  return [topic, partition, startOffset, endOffset, ...countsOf(log)];
}

function totalRow(logs: readonly MeasuredLog[]): (string | number)[] {
  const sums = logs.map(countsOf).reduce(added, [0, 0, 0, 0]);
  return ['all', '', '', '', ...sums];
}

function countsOf({ sizeInBytes, batches, records, segments }: MeasuredLog): number[] {
  return [sizeInBytes, batches, records, segments];
}

function added(sums: readonly number[], counts: readonly number[]): number[] {
  return sums.map((sum, at) => sum + counts[at]!);
}
