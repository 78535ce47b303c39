import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';

/** A record as kcat prints it. */
export interface KcatRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: string;
}

const TIMEOUT_MS = 25_000;

/** Why kcat cannot be used here, or null. */
export function kcatAbsence(): string | null {
  const { error, status } = spawnSync('kcat', ['-V'], { timeout: TIMEOUT_MS });
  if (error) return 'kcat is not installed';
  return status === 0 ? null : 'kcat does not start';
}

/** One run of kcat, killed when it takes too long or when it is disposed of. */
export class Kcat {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<unknown[]>;
  readonly #stdout: Buffer[] = [];
  #stderr = '';

  /** `input` is what its standard input brings; none closes it at once. */
  constructor(bootstrap: string, options: readonly string[], input: string | Buffer = '') {
    const fixed = ['-b', bootstrap, '-X', 'broker.address.family=v4'];
    this.#child = spawn('kcat', [...fixed, ...options], {
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    this.#child.stdout.on('data', (chunk: Buffer) => this.#stdout.push(chunk));
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    // A kcat that ends before it has read all says so by its exit code.
    this.#child.stdin.on('error', () => {});
    this.#child.stdin.end(input);
    this.#ended = once(this.#child, 'close');
  }

  /** What it printed; rejects with its complaints if it failed. */
  async output(): Promise<Buffer> {
    const [code, signal] = await this.#ended;
    if (code === 0) return Buffer.concat(this.#stdout);
    throw new Error(`kcat ended with ${String(code ?? signal)}: ${this.#stderr}`);
  }

  /** What it complained of; rejects if it ended well, or did not end in time. */
  async complaint(): Promise<string> {
    const [code] = await this.#ended;
    if (typeof code === 'number' && code !== 0) return this.#stderr;
    throw new Error(`kcat ended with ${String(code)}, which is no failure: ${this.#stderr}`);
  }

  /** Resolves when kcat has told on its standard error what matches. */
  async told(pattern: RegExp): Promise<void> {
    const gone = this.#ended.then(() => true);
    while (!pattern.test(this.#stderr)) {
      const told = once(this.#child.stderr, 'data').then(() => false);
      if ((await Promise.race([told, gone])) && !pattern.test(this.#stderr)) {
        throw new Error(`kcat ended without telling ${pattern.source}: ${this.#stderr}`);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

/** Runs kcat to its end and gives what it printed. */
export async function kcat(
  bootstrap: string,
  options: readonly string[],
  input: string | Buffer = '',
): Promise<Buffer> {
  await using run = new Kcat(bootstrap, options, input);
  return await run.output();
}

/** Lengths first, so that keys and values may hold any byte; a length of -1 is null. */
const FORMAT = '%p|%o|%T|%K|%S|%h\n%k%s';

/** The options that make kcat print records for `recordsIn`. */
export const PRINT_RECORDS = ['-f', FORMAT];

/** Reads what kcat printed with PRINT_RECORDS. */
export function recordsIn(output: Buffer): KcatRecord[] {
  const records: KcatRecord[] = [];
  let at = 0;
  const take = (length: number): Buffer | null => {
    if (length < 0) return null;
    at += length;
    return output.subarray(at - length, at);
  };
  while (at < output.length) {
    const lineEnd = output.indexOf('\n', at);
    const fields = output.subarray(at, lineEnd).toString().split('|');
    at = lineEnd + 1;
    const [partition, offset, timestamp, keyBytes, valueBytes] = fields.map(Number);
    const key = take(keyBytes!);
    const value = take(valueBytes!);
    const place = { partition: partition!, offset: offset!, timestamp: timestamp! };
    records.push({ ...place, key, value, headers: fields[5]! });
  }
  return records;
}

/** Consumes with kcat, with `-e` to the end or `-c` to a count as the options say. */
export async function consumed(
  bootstrap: string,
  options: readonly string[],
): Promise<KcatRecord[]> {
  return recordsIn(await kcat(bootstrap, ['-C', '-q', ...PRINT_RECORDS, ...options]));
}
