import { withServer, type MeasuredServer } from './measured-server.ts';
import { printColumns } from './table.ts';
import { createTopic, fetchAll, measure, produce, type Measurement } from './workloads.ts';

/** What measuring costs: a broker with HTTP, which is scraped meanwhile, against one without. */
export interface MetricsRow {
  readonly what: string;
  readonly batchBytes: number;
  /** Throughput with metrics as a part of that without. */
  readonly ratio: number;
  /** The same by the CPU time of the broker, in the best quarter of the rounds of each side: what other work on the machine adds is left out. */
  readonly cpuRatio: number;
  readonly megabytesPerSecond: number;
  /** That of single rounds, from the first quarter to the third: how far it is to be trusted. */
  readonly cpuRatioQuartiles: readonly [number, number];
}

export interface MetricsSizes {
  readonly batchBytes: readonly number[];
  readonly bytesFor: (batchBytes: number) => number;
  /** Each round does the work on both brokers, the one first and then the other in turns. */
  readonly rounds: number;
}

export const METRICS_RATIO_TARGET = 0.98;
const SCRAPE_EVERY_MS = 5000;
const FETCH_BYTES = 1024 * 1024;

interface Pair {
  readonly off: Measurement;
  readonly on: Measurement;
}

/** Producing and fetching over segment files that are not forced to disk, so that the broker's own work is what is seen. */
export async function metricsRows(sizes: MetricsSizes): Promise<MetricsRow[]> {
  const rows: MetricsRow[] = [];
  for (const batchBytes of sizes.batchBytes) {
    const order = { storage: 'segment-files', settings: { 'flush.policy': 'never' } } as const;
    await withServer(order, async off => {
      await withServer({ ...order, httpPort: 0 }, async on => {
        const bytes = sizes.bytesFor(batchBytes) / sizes.rounds;
        const stop = scraping(on.http!);
        rows.push(...(await compared({ off, on }, batchBytes, { ...sizes, bytes })));
        await stop();
      });
    });
  }
  return rows;
}

async function compared(
  servers: { off: MeasuredServer; on: MeasuredServer },
  batchBytes: number,
  { rounds, bytes }: { rounds: number; bytes: number },
): Promise<MetricsRow[]> {
  const produced: Pair[] = [];
  const fetched: Pair[] = [];
  // The first round warms both up.
  for (let round = 0; round <= rounds; round++) {
    const topic = `round-${round}`;
    const load = { topic, batchBytes, totalBytes: bytes, acks: -1 };
    await Promise.all(Object.values(servers).map(({ port }) => createTopic(port, topic)));
    const onFirst = round % 2 === 0;
    const written = await inTurns(servers, onFirst, ({ port }) => produce(port, load));
    const read = await inTurns(servers, onFirst, ({ port }) => fetchAll(port, topic, FETCH_BYTES));
    if (round === 0) continue;
    produced.push(written);
    fetched.push(read);
  }
  return [rowOf('produce', batchBytes, produced), rowOf('fetch', batchBytes, fetched)];
}

async function inTurns(
  { off, on }: { off: MeasuredServer; on: MeasuredServer },
  onFirst: boolean,
  work: (server: MeasuredServer) => ReturnType<typeof produce>,
): Promise<Pair> {
  const run = (server: MeasuredServer): Promise<Measurement> => measure(server, () => work(server));
  if (onFirst) {
    const first = await run(on);
    return { on: first, off: await run(off) };
  }
  const first = await run(off);
  return { off: first, on: await run(on) };
}

function rowOf(what: string, batchBytes: number, pairs: readonly Pair[]): MetricsRow {
  const rates = (side: keyof Pair) => pairs.map(pair => 1 / pair[side].megabytesPerSecond);
  const cpu = (side: keyof Pair): number =>
    at(
      0.25,
      pairs.map(pair => pair[side].cpuSecondsPerGigabyte),
    );
  const each = pairs.map(({ off, on }) => off.cpuSecondsPerGigabyte / on.cpuSecondsPerGigabyte);
  return {
    what: `${what}, metrics on`,
    batchBytes,
    megabytesPerSecond: pairs.length / sum(rates('on')),
    ratio: sum(rates('off')) / sum(rates('on')),
    cpuRatio: cpu('off') / cpu('on'),
    cpuRatioQuartiles: [at(0.25, each), at(0.75, each)],
  };
}

/** Scrapes again and again, three times as often as Prometheus is commonly told to; gives what ends it. */
function scraping(url: string): () => Promise<void> {
  let isOver = false;
  let wake = (): void => {};
  const run = async (): Promise<void> => {
    while (!isOver) {
      const response = await fetch(`${url}/metrics`);
      if (!response.ok) throw new Error(`a scrape was answered with ${response.status}`);
      await response.text();
      await new Promise<void>(resolve => {
        wake = resolve;
        setTimeout(resolve, SCRAPE_EVERY_MS);
      });
    }
  };
  const running = run();
  return () => {
    isOver = true;
    wake();
    return running;
  };
}

/** The number below which a part of them lies. */
function at(part: number, numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor((numbers.length - 1) * part)]!;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

export function printMetricsTable(rows: readonly MetricsRow[]): void {
  const lines = rows.map(row => [
    row.what,
    `${row.batchBytes / 1024}K`,
    row.megabytesPerSecond.toFixed(0),
    row.ratio.toFixed(3),
    row.cpuRatio.toFixed(3),
    row.cpuRatioQuartiles.map(quartile => quartile.toFixed(3)).join('-'),
    `>= ${METRICS_RATIO_TARGET}`,
  ]);
  const header = ['metrics', 'batch', 'MB/s', 'ratio', 'by CPU', 'quartiles', 'target'];
  printColumns(header, lines);
}
