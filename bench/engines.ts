import { STORAGE_ENGINES, type StorageEngine } from '../src/main/broker-options.ts';
import { withServer, type MeasuredServer, type ServerOrder } from './measured-server.ts';
import { printColumns } from './table.ts';
import { createTopic, fetchAll, measure, produce, type Measurement } from './workloads.ts';

/** What one engine did with batches of one size; throughput also against segment files in the same run. */
export interface EngineRow {
  readonly what: string;
  readonly batchBytes: number;
  readonly megabytesPerSecond: number;
  readonly ratio: number;
  readonly ratioTarget: number | null;
  readonly cpuSecondsPerGigabyte: number;
  /** For how long the event loop stood still, at most: a checkpoint or a compaction must not hold it up. */
  readonly longestStallMs: number;
}

export interface EngineSizes {
  readonly engines: readonly StorageEngine[];
  /** Bytes for batches of a size. */
  readonly bytesFor: (batchBytes: number) => number;
  /** Each engine once, or there and back: what changes on the machine meanwhile then hits all of them alike. */
  readonly thereAndBack: boolean;
}

const REFERENCE: StorageEngine = 'segment-files';
const BATCH_BYTES = [1024, 16 * 1024, 256 * 1024];
/** Of producing, for batches of these sizes. */
const RATIO_TARGETS: Partial<Record<StorageEngine, readonly number[]>> = {
  sqlite: [0.6, 0.38, 0.28],
  lmdb: [0.8, 0.65, 0.65],
  leveldb: [0.4, 0.15, 0.15],
};
const STALL_TARGET_MS = 20;
const FETCH_BYTES = 1024 * 1024;

interface Visit extends Measurement {
  readonly longestStallMs: number;
}

interface Visits {
  readonly produced: Visit[];
  readonly fetched: Visit[];
}

/** Reads a list of engines, such as `sqlite,lmdb`; all of them when it is empty. */
export function enginesIn(text: string): StorageEngine[] {
  const names = text === '' ? [] : text.split(',');
  const unknown = names.find(name => !STORAGE_ENGINES.some(engine => engine === name));
  if (unknown !== undefined) throw new Error(`there is no storage engine ${unknown}`);
  return STORAGE_ENGINES.filter(engine => names.length === 0 || names.includes(engine));
}

/** Producing and fetching on every engine, between two runs of segment files or more. */
export async function engineRows(
  policy: string,
  settings: ServerOrder['settings'],
  sizes: EngineSizes,
): Promise<EngineRow[]> {
  const rows: EngineRow[] = [];
  for (const batchBytes of BATCH_BYTES) {
    const visits = new Map<StorageEngine, Visits>();
    for (const storage of order(sizes)) {
      const { produced, fetched } = visits.get(storage) ?? { produced: [], fetched: [] };
      visits.set(storage, { produced, fetched });
      await withServer({ storage, settings }, async server => {
        const visit = await visitOf(server, batchBytes, sizes.bytesFor(batchBytes));
        produced.push(visit.produced);
        fetched.push(visit.fetched);
      });
    }
    rows.push(...rowsOf(policy, batchBytes, visits));
  }
  return rows;
}

function order({ engines, thereAndBack }: EngineSizes): StorageEngine[] {
  const there = [REFERENCE, ...engines.filter(engine => engine !== REFERENCE)];
  return thereAndBack ? [...there, ...there.toReversed()] : [...there, REFERENCE];
}

async function visitOf(server: MeasuredServer, batchBytes: number, totalBytes: number) {
  const load = { topic: 'bench', batchBytes, totalBytes, acks: -1 };
  await createTopic(server.port, 'warm');
  await createTopic(server.port, 'bench');
  await produce(server.port, { ...load, topic: 'warm', totalBytes: totalBytes / 5 });
  const produced = await watched(server, () => produce(server.port, load));
  const fetched = await watched(server, () => fetchAll(server.port, 'bench', FETCH_BYTES));
  return { produced, fetched };
}

async function watched(
  server: MeasuredServer,
  work: Parameters<typeof measure>[1],
): Promise<Visit> {
  let measured: Measurement | null = null;
  const longestStallMs = await server.longestStallMs(async () => {
    measured = await measure(server, work);
  });
  return { ...measured!, longestStallMs };
}

function rowsOf(
  policy: string,
  batchBytes: number,
  visits: ReadonlyMap<StorageEngine, Visits>,
): EngineRow[] {
  const reference = visits.get(REFERENCE)!;
  const at = BATCH_BYTES.indexOf(batchBytes);
  return (['produced', 'fetched'] as const).flatMap(side =>
    [...visits].map(([engine, { [side]: done }]) => ({
      what: `${side === 'produced' ? 'produce' : 'fetch'}, ${engine}, ${policy}`,
      batchBytes,
      megabytesPerSecond: rate(done),
      ratio: rate(done) / rate(reference[side]),
      ratioTarget: side === 'produced' ? (RATIO_TARGETS[engine]?.[at] ?? null) : null,
      cpuSecondsPerGigabyte: mean(done.map(visit => visit.cpuSecondsPerGigabyte)),
      longestStallMs: Math.max(...done.map(visit => visit.longestStallMs)),
    })),
  );
}

/** All bytes through all seconds: the visits have as many bytes each. */
const rate = (visits: readonly Visit[]): number =>
  1 / mean(visits.map(visit => 1 / visit.megabytesPerSecond));

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

export function printEngineTable(rows: readonly EngineRow[]): void {
  const lines = rows.map(row => [
    row.what,
    `${row.batchBytes / 1024}K`,
    row.megabytesPerSecond.toFixed(0),
    row.ratio.toFixed(2),
    row.cpuSecondsPerGigabyte.toFixed(2),
    row.longestStallMs.toFixed(1),
    target(row),
  ]);
  const header = ['engines', 'batch', 'MB/s', 'ratio', 'CPU s/GB', 'stall ms', 'target'];
  printColumns(header, lines);
}

function target({ ratioTarget }: EngineRow): string {
  const stall = `stall <= ${STALL_TARGET_MS}`;
  return ratioTarget === null ? stall : `ratio >= ${ratioTarget.toFixed(2)}, ${stall}`;
}
