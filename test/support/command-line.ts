import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const HEXLOG = fileURLToPath(new URL('../../src/main/cli/hexlog.ts', import.meta.url));
const COMMAND_MS = 25_000;
const SERVING_MS = 180_000;

/** What the tests themselves are told by variables is not for the commands. */
function environment(extra: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('HEXLOG_'));
  return { ...Object.fromEntries(own), ...extra };
}

export function spawnHexlog(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  timeout = COMMAND_MS,
): ChildProcess {
  const options = { env: environment(env), timeout, killSignal: 'SIGKILL' as const };
  return spawn(process.execPath, ['--import', 'tsx', HEXLOG, ...args], options);
}

export interface Finished {
  /** Null when a signal ended it, as after the time that a command gets here. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command to its end. */
export async function hexlog(
  args: readonly string[],
  { stdin = '', env = {} }: { stdin?: string | Buffer; env?: NodeJS.ProcessEnv } = {},
): Promise<Finished> {
  const child = spawnHexlog(args, env);
  const ended = once(child, 'close') as Promise<[number | null]>;
  // A command that refuses its arguments never reads.
  child.stdin!.on('error', () => undefined);
  child.stdin!.end(stdin);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    ended,
  ]);
  return { code, stdout, stderr };
}

/** A running `hexlog serve`. */
export class Serving implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<[number | null, NodeJS.Signals | null]>;
  readonly stdout: string[] = [];
  stderr = '';
  /** The ready line; rejects when the process ends before it. */
  readonly ready: Promise<string>;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawnHexlog(
      ['serve', '--port', '0', '--http-port', 'off', ...args],
      env,
      SERVING_MS,
    );
    this.ended = once(this.child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    this.child.stderr!.on('data', chunk => (this.stderr += String(chunk)));
    this.ready = new Promise((resolve, reject) => {
      createInterface(this.child.stdout!).on('line', line => {
        this.stdout.push(line);
        resolve(line);
      });
      void this.ended.then(() => reject(new Error(`serve ended: ${this.stderr}`)));
    });
    this.ready.catch(() => undefined);
  }

  /** Where clients connect, as the ready line says. */
  async bootstrap(): Promise<string> {
    return / kafka=(\S+) /.exec(await this.ready)![1]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
