import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { StorageEngine } from '../../src/main/broker-options.ts';

const MAIN = fileURLToPath(new URL('./broker-process-main.ts', import.meta.url));

/**
 * A broker in a process of its own, over segment files or what it is told, which can be killed as nothing in one's own process can. It loads its code
 * at once, which takes a while, and touches nothing until `begin`.
 */
export class BrokerProcess implements AsyncDisposable {
  /** The data directory is about to be opened. */
  readonly opening: Promise<unknown>;
  /** Rejects with the storage error's code when the directory is refused, and when the process ends before it is ready. */
  readonly ready: Promise<{ readonly port: number; readonly clusterId: string }>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(
    dataDir: string,
    settings: Readonly<Record<string, string>> = {},
    storage: StorageEngine = 'segment-files',
  ) {
    const args = ['--import', 'tsx', MAIN, dataDir, JSON.stringify(settings), storage];
    this.#child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    // To end the input of a process that is gone already is no failure of the test.
    this.#child.stdin!.on('error', () => undefined);
    this.#ended = once(this.#child, 'close');
    const lines = createInterface(this.#child.stdout!);
    this.opening = this.#heard(lines, 'opening');
    this.ready = this.#heard(lines, 'ready').then(([port, clusterId]) => {
      return { port: Number(port), clusterId: clusterId! };
    });
    this.ready.catch(() => undefined);
  }

  begin(): this {
    this.#child.stdin!.write('begin\n');
    return this;
  }

  /** Ends it without a chance to do anything. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** Asks it to stop in good order, and does not wait for it. */
  beginStop(): void {
    this.#child.stdin!.end();
  }

  async stop(): Promise<void> {
    this.beginStop();
    await this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  #heard(lines: Interface, word: string): Promise<string[]> {
    const heard = new Promise<string[]>((resolve, reject) => {
      lines.on('line', line => {
        const [first, ...facts] = line.split(' ');
        if (first === word) resolve(facts);
        if (first === 'refused') reject(new Error(facts[0]));
      });
      void this.#ended.then(() => reject(new Error(`the broker ended before it was ${word}`)));
    });
    heard.catch(() => undefined);
    return heard;
  }
}
