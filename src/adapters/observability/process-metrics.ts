import { readdir } from 'node:fs/promises';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { LoopDelay } from './loop-delay.ts';

const OPEN_FILES = '/proc/self/fd';

/**
 * The process, under the names of prom-client's default metrics, which dashboards for Node.js know. `collectDefaultMetrics` itself
 * begins observers that nobody can end, and a broker in an application has to leave nothing behind; so they are made here, of
 * what costs nothing until somebody asks, and of a watch over the event loop that ends with its broker.
 */
export function addProcessMetrics(registry: Registry, loopDelay: LoopDelay): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number | Promise<number>): void => {
    new Gauge({
      ...{ name, help, registers },
      async collect() {
        this.set(await read());
      },
    });
  };
  addCpu(registers);
  addMemory(gauge);
  addLoopDelay(gauge, loopDelay);
  const startSeconds = Math.round(Date.now() / 1000 - process.uptime());
  gauge('process_start_time_seconds', 'Start of the process, in Unix seconds.', () => startSeconds);
  if (process.platform === 'linux') gauge('process_open_fds', 'Files that are open.', openFiles);
  const [major, minor, patch] = process.versions.node.split('.').map(Number);
  new Gauge({
    ...{ name: 'nodejs_version_info', help: 'The version of Node.js.', registers },
    labelNames: ['version', 'major', 'minor', 'patch'],
  }).set({ version: process.version, major: major!, minor: minor!, patch: patch! }, 1);
}

type AddGauge = (name: string, help: string, read: () => number) => void;

function addCpu(registers: Registry[]): void {
  const counter = (name: string, help: string, read: () => number): void => {
    new Counter({
      ...{ name, help, registers },
      collect() {
        this.reset();
        this.inc(read() / 1e6);
      },
    });
  };
  const user = (): number => process.cpuUsage().user;
  const system = (): number => process.cpuUsage().system;
  counter('process_cpu_user_seconds_total', 'CPU time of the program.', user);
  counter('process_cpu_system_seconds_total', 'CPU time of the system for it.', system);
  counter('process_cpu_seconds_total', 'CPU time of both.', () => user() + system());
}

function addMemory(gauge: AddGauge): void {
  const memory = (): NodeJS.MemoryUsage => process.memoryUsage();
  gauge('process_resident_memory_bytes', 'Resident memory.', () => memory().rss);
  gauge('nodejs_heap_size_total_bytes', 'The heap of V8.', () => memory().heapTotal);
  gauge('nodejs_heap_size_used_bytes', 'What is used of it.', () => memory().heapUsed);
  gauge('nodejs_external_memory_bytes', 'Memory outside of it.', () => memory().external);
}

/** Over the last half to whole minute, whoever asks and however often. */
function addLoopDelay(gauge: AddGauge, loopDelay: LoopDelay): void {
  const add = (name: string, help: string, read: () => number): void =>
    gauge(
      `nodejs_eventloop_lag_${name}`,
      `How late the event loop is: ${help}.`,
      () => read() / 1e3,
    );
  add('seconds', 'the mean', () => loopDelay.read().meanMs);
  add('mean_seconds', 'the mean', () => loopDelay.read().meanMs);
  add('min_seconds', 'at least', () => loopDelay.read().minMs);
  add('max_seconds', 'at most', () => loopDelay.read().maxMs);
  add('stddev_seconds', 'the standard deviation', () => loopDelay.read().stddevMs);
  add('p50_seconds', 'half the time', () => loopDelay.read().p50Ms);
  add('p90_seconds', 'nine times of ten', () => loopDelay.read().p90Ms);
  add('p99_seconds', 'but for one time of a hundred', () => loopDelay.read().p99Ms);
}

async function openFiles(): Promise<number> {
  const names = await readdir(OPEN_FILES).catch(() => []);
  // The folder itself is open while it is read.
  return Math.max(0, names.length - 1);
}
