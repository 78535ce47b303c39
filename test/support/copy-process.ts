import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('./copy-process-main.ts', import.meta.url));

/** A migration or a backup in a process of its own, which loads its code at once and touches nothing until `begin`. */
export class CopyProcess implements AsyncDisposable {
  /** Resolves with how many bytes are there when the copy is under way, or when it has ended. */
  readonly copying: Promise<number>;
  /** Whether it came to its end. */
  readonly ended: Promise<boolean>;
  readonly #child: ChildProcess;

  constructor(args: readonly string[]) {
    this.#child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdin!.on('error', () => undefined);
    const lines = createInterface(this.#child.stdout!);
    let isDone = false;
    lines.on('line', line => (isDone ||= line === 'done'));
    this.ended = once(this.#child, 'close').then(() => isDone);
    this.copying = new Promise(resolve => {
      lines.on('line', line => resolve(Number(line.split(' ')[1] ?? 0)));
      void this.ended.then(() => resolve(0));
    });
  }

  begin(): this {
    this.#child.stdin!.write('begin\n');
    return this;
  }

  /** Ends it without a chance to do anything; gives whether it was at its end already. */
  kill(): Promise<boolean> {
    this.#child.kill('SIGKILL');
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
