import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ControlListener } from '../../src/adapters/transport/control/control-listener.ts';
import { startBroker } from '../../src/main/start-broker.ts';
import { hexlog, Serving } from '../support/command-line.ts';
import { ConsumingClient } from '../support/consuming-client.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

/** A command is a process that loads its code first; some tests run a few of them. */
vi.setConfig({ testTimeout: 120_000 });

const root = realpathSync(mkdtempSync(join(tmpdir(), 'hexlog-storage-cli-')));
afterAll(() => rmSync(root, { recursive: true }));
const at = (name: string): string => join(root, name);

const lines = (text: string): string[] => text.split('\n').slice(0, -1);
const storage = (...args: string[]) => hexlog(['storage', ...args]);

/** Ten batches of one record in each of `orders` and `other`. */
async function fill(name: string): Promise<void> {
  const broker = await startBroker({ storage: 'segment-files', dataDir: at(name) });
  await using client = await ConsumingClient.connect(broker.port);
  for (const topic of ['orders', 'other']) await client.produce(topic, 10, 100);
  await broker.stop();
}

beforeAll(() => fill('data'));

describe('verify', () => {
  test('says what it has seen when nothing is wrong', async () => {
    const { code, stdout, stderr } = await storage('verify', '--data-dir', at('data'));
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^verified 3 logs, 2\d batches, 2\d records, \d\.\d KiB: nothing is wrong\n$/,
    );
  });

  test('names what is damaged, one line each, and ends with 1', async () => {
    await fill('damaged');
    const orders = readdirSync(at('damaged')).find(name => name.startsWith('orders-'))!;
    const segment = join(at('damaged'), orders, `${'0'.repeat(20)}.log`);
    const bytes = readFileSync(segment);
    const batchBytes = 12 + bytes.readInt32BE(8);
    bytes[2 * batchBytes + 100]! ^= 4;
    writeFileSync(segment, bytes);
    const [text, json] = await Promise.all([
      storage('verify', '--data-dir', at('damaged')),
      storage('verify', '--data-dir', at('data'), '--json'),
    ]);
    expect([text.code, text.stderr]).toEqual([1, 'hexlog: 1 thing is wrong\n']);
    const [finding, summary] = lines(text.stdout);
    expect(finding).toMatch(/^orders-0 at offset 2 \(.*0{20}\.log.*\): the CRC-32C is \d+/);
    expect(summary).toMatch(/^verified 3 logs, 2\d batches.*: 1 finding$/);
    expect(JSON.parse(json.stdout)).toMatchObject({ logs: 3, findings: 0, notInflated: 0 });
  });
});

test('stats show every partition, as a table and as JSON', async () => {
  // One after the other: each has the directory for itself.
  const table = await storage('stats', '--data-dir', at('data'));
  const json = await storage('stats', '--data-dir', at('data'), '--json');
  expect([table.code, table.stderr]).toEqual([0, '']);
  const rows = lines(table.stdout).map(line => line.split(/ +/));
  expect(rows[0]).toEqual([
    'TOPIC',
    'PARTITION',
    'START',
    'END',
    'BYTES',
    'BATCHES',
    'RECORDS',
    'SEGMENTS',
  ]);
  expect(rows.map(([topic]) => topic)).toEqual([
    ...['TOPIC', '__cluster_metadata', 'orders', 'other', 'all'],
  ]);
  const orders = (JSON.parse(json.stdout) as { topic: string }[]).find(
    ({ topic }) => topic === 'orders',
  );
  const size = { sizeInBytes: Number(rows[2]![4]) };
  expect(orders).toMatchObject({
    startOffset: 0,
    endOffset: 10,
    batches: 10,
    segments: 1,
    ...size,
  });
});

test('migrate says how to start with the copy, beside the directory if it is not told where', async () => {
  const { code, stdout, stderr } = await storage(
    ...['migrate', '--to', 'segment-files', '--data-dir', `${at('data')}/`],
  );
  const target = `${at('data')}-segment-files`;
  expect([code, stderr]).toEqual([0, '']);
  expect(lines(stdout)).toEqual([
    `migrated 3 logs; ${at('data')}/ is as it was`,
    `start with the copy: hexlog serve --storage segment-files --data-dir ${target}`,
  ]);
  await using serving = new Serving(['--data-dir', target]);
  expect(await serving.ready).toContain('ready');
});

test('backup asks the broker that serves, restore brings it back, other commands are refused', async () => {
  await using serving = new Serving(['--data-dir', at('served')]);
  const bootstrap = await serving.bootstrap();
  await hexlog(['produce', 'orders', '--bootstrap', bootstrap], { stdin: 'a\nb\n' });
  const taken = await storage('backup', '--to', at('backup'), '--data-dir', at('served'));
  expect(taken).toEqual({
    code: 0,
    stdout:
      `backed up 2 logs to ${at('backup')}\n` +
      `restore with: hexlog storage restore --from ${at('backup')} --data-dir <new directory>\n`,
    stderr: '',
  });
  const [again, stats] = await Promise.all([
    storage('backup', '--to', at('backup'), '--data-dir', at('served')),
    storage('stats', '--data-dir', at('served')),
  ]);
  expect([again.code, again.stderr]).toEqual([
    1,
    expect.stringContaining(`directory ${at('backup')} is not empty`),
  ]);
  expect([stats.code, stats.stderr]).toEqual([1, expect.stringContaining('is in use by process')]);
  serving.child.kill('SIGTERM');
  await serving.ended;
  expect(existsSync(join(at('served'), 'control.sock'))).toBe(false);
  const restored = await storage('restore', '--from', at('backup'), '--data-dir', at('new'));
  expect([restored.code, restored.stderr]).toEqual([0, '']);
  await using next = new Serving(['--data-dir', at('new')]);
  const { stdout } = await hexlog([
    ...['consume', 'orders', '--exit', '--bootstrap', await next.bootstrap()],
  ]);
  expect(stdout).toBe('a\nb\n');
});

test('a backup that is said to be done is looked at', async () => {
  mkdirSync(at('liar'));
  const handlers = new Map([['backup', async () => ({ logs: 3 })]]);
  const logger = new RecordingLogger();
  const listener = new ControlListener({ dataDir: at('liar'), logger, handlers });
  await listener.start();
  const { code, stderr } = await storage('backup', '--to', at('none'), '--data-dir', at('liar'));
  await listener.stop();
  const said = `hexlog: directory ${at('none')} holds no backup: there is no backup.json\n`;
  expect([code, stderr]).toEqual([1, said]);
});

test('a broker that was killed leaves a socket that nobody minds', async () => {
  const killed = new Serving(['--data-dir', at('killed')]);
  await killed.ready;
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect(existsSync(join(at('killed'), 'control.sock'))).toBe(true);
  const alone = await storage('backup', '--to', at('alone'), '--data-dir', at('killed'));
  expect([alone.code, alone.stderr]).toEqual([0, '']);
});

test('what is asked for in a wrong way ends with 2 and one line', async () => {
  const [missing, engine, memory, nowhere] = await Promise.all([
    storage('migrate'),
    storage('migrate', '--to', 'paper'),
    storage('verify', '--storage', 'paper'),
    storage('verify', '--data-dir', at('nowhere')),
  ]);
  expect([missing.code, engine.code, memory.code, nowhere.code]).toEqual([2, 2, 2, 1]);
  expect(missing.stderr).toMatch(/^hexlog: required option '--to <engine>' not specified\n$/);
  expect(engine.stderr).toMatch(/^hexlog: option '--to <engine>' argument 'paper' is invalid.+\n$/);
  expect(memory.stderr).toMatch(/^hexlog: storage = "paper" \(flag --storage\) is wrong.+\n$/);
  expect(nowhere.stderr).toBe(`hexlog: there is no data directory ${at('nowhere')}\n`);
});
