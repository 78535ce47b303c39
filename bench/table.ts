import type { Measurement } from './workloads.ts';

export interface Row extends Measurement {
  readonly what: string;
  readonly batchBytes: number;
  /** Throughput against the raw sink with the same batches in the same run. */
  readonly ratio: number | null;
}

/** Prints rows as a table of fixed columns. */
export function printTable(rows: readonly Row[]): void {
  const lines = rows.map(row => [
    row.what,
    row.batchBytes >= 1024 ? `${row.batchBytes / 1024}K` : String(row.batchBytes),
    row.megabytesPerSecond.toFixed(0),
    row.ratio?.toFixed(2) ?? '-',
    row.cpuSecondsPerGigabyte.toFixed(2),
    row.requestsPerSecond.toFixed(0),
    row.p50Ms?.toFixed(2) ?? '-',
    row.p99Ms?.toFixed(2) ?? '-',
  ]);
  const header = ['what', 'batch', 'MB/s', 'ratio', 'CPU s/GB', 'req/s', 'p50 ms', 'p99 ms'];
  printColumns(header, lines);
}

/** Prints lines of cells below their titles, the first column to the left and the others to the right. */
export function printColumns(header: readonly string[], lines: readonly string[][]): void {
  const widths = header.map((name, i) => Math.max(name.length, ...lines.map(l => l[i]!.length)));
  for (const line of [header, ...lines]) {
    console.log(
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  '),
    );
  }
}
