import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StartOptions } from '../src/main/index.ts';

export interface ServerOrder {
  readonly kind: 'sink' | 'broker';
  readonly dataDir: string;
  readonly storage: NonNullable<StartOptions['storage']>;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** Left out, HTTP is not served. */
  readonly httpPort?: number;
}

/** A server in a process of its own, so that its CPU time is its own. */
export class MeasuredServer {
  readonly port: number;
  /** Where HTTP is served, if it is. */
  readonly http: string | null;
  readonly #child: ChildProcess;
  readonly #dataDir: string;

  private constructor(
    child: ChildProcess,
    dataDir: string,
    { ready, http = null }: { ready: number; http?: string | null },
  ) {
    this.#child = child;
    this.#dataDir = dataDir;
    this.port = ready;
    this.http = http;
  }

  static async start(order: Omit<ServerOrder, 'dataDir'>): Promise<MeasuredServer> {
    const dataDir = mkdtempSync(join(process.env['HEXLOG_BENCH_DIR'] ?? tmpdir(), 'hexlog-bench-'));
    const script = fileURLToPath(new URL('./server-process.mjs', import.meta.url));
    const child = fork(script, [JSON.stringify({ ...order, dataDir })], { execArgv: [] });
    const [report] = (await once(child, 'message')) as [{ ready: number; http?: string | null }];
    return new MeasuredServer(child, dataDir, report);
  }

  /** CPU time of all threads so far, in seconds. */
  async cpuSeconds(): Promise<number> {
    const { cpuSeconds } = await this.#ask<{ cpuSeconds: number }>('usage');
    return cpuSeconds;
  }

  /** The longest time, in milliseconds, that the event loop stood still during the work, by its own doing (see StallWatch). */
  async longestStallMs(work: () => Promise<unknown>): Promise<number> {
    await this.#ask('watch');
    await work();
    const { longestStallMs } = await this.#ask<{ longestStallMs: number }>('stall');
    return longestStallMs;
  }

  async #ask<T extends object>(question: string): Promise<T> {
    const answer = once(this.#child, 'message') as Promise<[T]>;
    this.#child.send(question);
    return (await answer)[0];
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}

/** A server of its own for a piece of work; a broker over segment files where nothing else is ordered. */
export async function withServer(
  order: Partial<Omit<ServerOrder, 'dataDir'>>,
  use: (server: MeasuredServer) => Promise<void>,
): Promise<void> {
  const server = await MeasuredServer.start({
    kind: 'broker',
    storage: 'segment-files',
    settings: {},
    ...order,
  });
  try {
    await use(server);
  } finally {
    await server.stop();
  }
}
