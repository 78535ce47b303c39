import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { engineRows, enginesIn, printEngineTable, type EngineRow } from './engines.ts';
import {
  GROUP_SETTINGS,
  heartbeatRows,
  printGroupTable,
  rebalanceRows,
  type GroupRow,
  type GroupSizes,
  type Protocol,
} from './groups/rows.ts';
import { withServer, type ServerOrder } from './measured-server.ts';
import { metricsRows, printMetricsTable, type MetricsRow } from './metrics.ts';
import { rdkafkaRows } from './rdkafka.ts';
import { printTable, type Row } from './table.ts';
import { createTopic, fetchAll, measure, produce, produceOneByOne, sink } from './workloads.ts';

/**
 * `npm run bench` measures a broker against a raw Node TCP sink that writes to a file, in one run on one machine: trust the ratios
 * and the CPU seconds. `--smoke` runs everything on little data, so that the benchmark does not rot; `--only never` runs the cases whose name holds a text,
 * `--storage sqlite,lmdb` compares these engines with segment files alone.
 */
const { values } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    megabytes: { type: 'string' },
    only: { type: 'string', default: '' },
    storage: { type: 'string', default: '' },
  },
});
const totalBytes = (values.smoke ? 8 : Number(values.megabytes ?? 1000)) * 1e6;
const rounds = values.smoke ? 50 : 2000;

const BATCH_BYTES = [1024, 16 * 1024, 64 * 1024, 256 * 1024];
const rows: Row[] = [];
const groupRows: GroupRow[] = [];
const storageRows: EngineRow[] = [];
const measuredRows: MetricsRow[] = [];

/** Small batches cost per request, so that fewer bytes say as much. */
const bytesFor = (batchBytes: number): number =>
  Math.min(totalBytes, batchBytes * (totalBytes / 8192));

async function baseline(): Promise<Map<number, number>> {
  const byBatch = new Map<number, number>();
  await withServer({ kind: 'sink' }, async server => {
    await sink(server.port, 64 * 1024, totalBytes / 10);
    for (const batchBytes of BATCH_BYTES) {
      const run = (): ReturnType<typeof sink> =>
        sink(server.port, batchBytes, bytesFor(batchBytes));
      const measured = await measure(server, run);
      byBatch.set(batchBytes, measured.megabytesPerSecond);
      rows.push({ what: 'raw TCP sink to file', batchBytes, ...measured, ratio: 1 });
    }
  });
  return byBatch;
}

interface Case {
  readonly what: string;
  readonly order: Partial<ServerOrder>;
  readonly acks: number;
}

const NEVER = { 'flush.policy': 'never' };
const CASES: Case[] = [
  { what: 'segment-files, never', order: { settings: NEVER }, acks: -1 },
  { what: 'segment-files, acks=all', order: {}, acks: -1 },
  { what: 'memory', order: { storage: 'memory' }, acks: -1 },
];

async function brokerCase({ what, order, acks }: Case, raw: Map<number, number>): Promise<void> {
  for (const batchBytes of BATCH_BYTES) {
    // A server for each size: the memory engine keeps what it was given.
    await withServer(order, async server => {
      const bytes = Math.min(bytesFor(batchBytes), 700e6);
      const load = { topic: 'bench', batchBytes, totalBytes: bytes, acks };
      await createTopic(server.port, 'warm');
      await createTopic(server.port, 'bench');
      await produce(server.port, { ...load, topic: 'warm', totalBytes: bytes / 5 });
      const rate = raw.get(batchBytes)!;
      const produced = await measure(server, () => produce(server.port, load));
      const ratio = produced.megabytesPerSecond / rate;
      rows.push({ what: `produce, ${what}`, batchBytes, ...produced, ratio });
      const fetched = await measure(server, () => fetchAll(server.port, 'bench', 1024 * 1024));
      rows.push({
        what: `fetch, ${what}`,
        batchBytes,
        ...fetched,
        ratio: fetched.megabytesPerSecond / rate,
      });
    });
  }
}

async function latency(what: string, settings: ServerOrder['settings']): Promise<void> {
  await withServer({ settings }, async server => {
    const load = { topic: 'bench', batchBytes: 1024, totalBytes: 0, acks: -1 };
    await createTopic(server.port, 'bench');
    await produceOneByOne(server.port, load, rounds / 10);
    const measured = await measure(server, () => produceOneByOne(server.port, load, rounds));
    rows.push({ what: `one by one, ${what}`, batchBytes: 1024, ...measured, ratio: null });
  });
}

const GROUP_SIZES: GroupSizes = values.smoke
  ? {
      ...{ groups: 20, membersEach: 5, connections: 20, rhythm: { intervalMs: 300, rounds: 2 } },
      ...{ members: 10, partitions: 40, rebalances: 1 },
    }
  : {
      ...{ groups: 1000, membersEach: 10, connections: 100 },
      ...{ rhythm: { intervalMs: 3000, rounds: 2 } },
      ...{ members: 100, partitions: 1000, rebalances: 5 },
    };
const GROUP_CASES: { readonly what: string; readonly measure: typeof heartbeatRows }[] = [
  { what: 'group heartbeats', measure: heartbeatRows },
  { what: 'group rebalance', measure: rebalanceRows },
];
const PROTOCOLS: readonly Protocol[] = ['classic', 'consumer'];

async function groupCases(): Promise<void> {
  for (const { what, measure } of GROUP_CASES) {
    for (const protocol of PROTOCOLS) {
      if (!`${what}, ${protocol}`.includes(values.only)) continue;
      await withServer({ settings: GROUP_SETTINGS }, async server => {
        groupRows.push(...(await measure(server, protocol, GROUP_SIZES)));
      });
    }
  }
}

const ENGINE_SIZES = {
  engines: enginesIn(values.storage),
  bytesFor: (batchBytes: number) => Math.min(bytesFor(batchBytes), 700e6),
  thereAndBack: !values.smoke,
};

async function engineCases(): Promise<void> {
  const policies = { never: NEVER, ...(values.smoke ? {} : { 'acks=all': {} }) };
  for (const [policy, settings] of Object.entries(policies)) {
    if (!`engines, ${policy}`.includes(values.only)) continue;
    storageRows.push(...(await engineRows(policy, settings, ENGINE_SIZES)));
  }
}

const METRICS_SIZES = {
  batchBytes: [1024, 16 * 1024],
  bytesFor: (batchBytes: number) => Math.min(bytesFor(batchBytes), 700e6),
  rounds: values.smoke ? 2 : 20,
};

async function metricsCases(): Promise<void> {
  if (!'metrics'.includes(values.only)) return;
  measuredRows.push(...(await metricsRows(METRICS_SIZES)));
}

const cases = CASES.filter(({ what }) => what.includes(values.only));
const raw = cases.length === 0 ? new Map<number, number>() : await baseline();
for (const one of cases) await brokerCase(one, raw);
await engineCases();
await groupCases();
await metricsCases();
if (values.only === '') {
  await latency('never', NEVER);
  await latency('acks=all', {});
  await withServer({}, async server => {
    rows.push(
      ...(await rdkafkaRows(server, {
        totalBytes: Math.min(totalBytes, 300e6),
        raw: raw.get(64 * 1024)!,
      })),
    );
  });
}

if (rows.length > 0) printTable(rows);
if (storageRows.length > 0) printEngineTable(storageRows);
if (groupRows.length > 0) printGroupTable(groupRows);
if (measuredRows.length > 0) printMetricsTable(measuredRows);
mkdirSync('bench/results', { recursive: true });
const file = `bench/results/${new Date().toISOString().replaceAll(':', '-')}.json`;
writeFileSync(
  file,
  `${JSON.stringify({ node: process.version, totalBytes, rows, storageRows, groupRows, measuredRows }, null, 2)}\n`,
);
console.log(`\nwritten to ${file}`);
