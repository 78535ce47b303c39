import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const MINUTES = 60_000;

const root = mkdtempSync(join(tmpdir(), 'hexlog-package-'));
const consumer = join(root, 'consumer');
afterAll(() => rmSync(root, { recursive: true }));

/** The newest change of a file below a folder, in milliseconds. */
function newest(folder: string): number {
  const names = readdirSync(folder, { recursive: true }) as string[];
  return Math.max(...names.map(name => statSync(join(folder, name)).mtimeMs));
}

/** The build that `npm test` has made, or one of its own where that is older than the code. */
function build(): string {
  const dist = join(REPOSITORY, 'dist');
  const mark = join(dist, '.built');
  const sources = ['src', 'console', 'test/contracts'].map(name => newest(join(REPOSITORY, name)));
  if (existsSync(mark) && statSync(mark).mtimeMs > Math.max(...sources)) return dist;
  const own = join(root, 'dist');
  run(process.execPath, ['scripts/build.mjs', own], REPOSITORY);
  return own;
}

function run(command: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')}\n${stdout}\n${stderr}`);
  }
}

/** Packs the package as it would be published, and installs it in another one, beside the packages it depends on. */
function install(): void {
  const staging = join(root, 'staging');
  mkdirSync(staging);
  cpSync(build(), join(staging, 'dist'), { recursive: true });
  for (const name of ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE']) {
    cpSync(join(REPOSITORY, name), join(staging, name));
  }
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', root], staging);
  const modules = join(consumer, 'node_modules');
  mkdirSync(modules, { recursive: true });
  const packed = readdirSync(root).find(name => name.endsWith('.tgz'))!;
  run('tar', ['-xzf', join(root, packed), '-C', modules], root);
  cpSync(join(modules, 'package'), join(modules, 'hexlog'), { recursive: true });
  rmSync(join(modules, 'package'), { recursive: true });
  for (const name of readdirSync(join(REPOSITORY, 'node_modules'))) {
    if (!name.startsWith('.'))
      symlinkSync(join(REPOSITORY, 'node_modules', name), join(modules, name));
  }
}

const TEST = `
import { equal, ok } from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { startBroker } from 'hexlog';
import { defineLogStorageContract } from 'hexlog/testing';
import { ArrayLogStorage } from './array-log-storage.ts';

defineLogStorageContract({ describe, test, beforeEach, afterEach }, 'arrays', async () => {
  const storage = new ArrayLogStorage();
  return { storage, reopen: null, dispose: () => storage.close() };
});

test('a broker runs on it', async () => {
  const storage = new ArrayLogStorage();
  await using broker = await startBroker({ storage });
  ok(broker.port > 0);
  equal((await storage.list())[0]?.topic, '__cluster_metadata');
});
`;

beforeAll(() => {
  install();
  const engine = readFileSync(join(REPOSITORY, 'test/support/array-log-storage.ts'), 'utf8');
  writeFileSync(
    join(consumer, 'array-log-storage.ts'),
    engine.replace("'../../src/main/index.ts'", "'hexlog'"),
  );
  writeFileSync(join(consumer, 'contract.test.ts'), TEST);
  writeFileSync(join(consumer, 'package.json'), '{ "type": "module" }');
  const { compilerOptions } = JSON.parse(
    readFileSync(join(REPOSITORY, 'tsconfig.json'), 'utf8'),
  ) as { compilerOptions: object };
  const tsconfig = { compilerOptions, include: ['*.ts'] };
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify(tsconfig));
}, 5 * MINUTES);

test(
  'an engine in another package runs the contract, in another test framework',
  () => {
    const report = run(process.execPath, ['--import', 'tsx', 'contract.test.ts'], consumer);
    const passed = /^# pass (\d+)$/m.exec(report) ?? /pass (\d+)$/m.exec(report);
    expect(Number(passed?.[1])).toBeGreaterThan(100);
    expect(report).toMatch(/fail 0$/m);
  },
  MINUTES,
);

test(
  'an engine that breaks the contract fails there',
  () => {
    const path = join(consumer, 'array-log-storage.ts');
    const engine = readFileSync(path, 'utf8');
    const broken = engine.replace('older.epoch > epoch', 'older.epoch > epoch + 1');
    expect(broken).not.toBe(engine);
    writeFileSync(path, broken);
    const report = (): string =>
      run(process.execPath, ['--import', 'tsx', 'contract.test.ts'], consumer);
    expect(report).toThrow(/not ok \d+ - a lower epoch is refused|✖ a lower epoch is refused/);
    writeFileSync(path, engine);
  },
  MINUTES,
);

test(
  'the types that an engine needs are exported',
  () => {
    const tsc = join(REPOSITORY, 'node_modules/typescript/bin/tsc');
    run(process.execPath, [tsc, '-p', '.'], consumer);
  },
  MINUTES,
);
