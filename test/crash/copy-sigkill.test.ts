import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Crc32c } from '../../src/adapters/runtime/crc32c.ts';
import { SystemClock } from '../../src/adapters/runtime/system-clock.ts';
import { STORAGE_ENGINES, type StorageEngine } from '../../src/main/broker-options.ts';
import { loadConfig } from '../../src/main/config.ts';
import { brokerStorage } from '../../src/main/factories.ts';
import { startBroker } from '../../src/main/start-broker.ts';
import { restoreStore } from '../../src/main/storage/copy-store.ts';
import { connectControl } from '../../src/adapters/transport/control/control-client.ts';
import { BrokerProcess } from '../support/broker-process.ts';
import { ConsumingClient } from '../support/consuming-client.ts';
import { CopyProcess } from '../support/copy-process.ts';
import { contentsOf } from '../support/log-contents.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { SeededRandom, seedOfRun } from '../support/seeded-random.ts';

const ENGINES = STORAGE_ENGINES.filter(engine => engine !== 'memory');
const SECONDS = Number(process.env['HEXLOG_CRASH_SECONDS'] ?? 0);
const KILLS = 3;
const TOPICS = ['one', 'two', 'three'];
const BATCHES = 30;
const BATCH_BYTES = 400_000;
const TIMEOUT = { timeout: 120_000 + SECONDS * 2000 };

const root = mkdtempSync(join(tmpdir(), 'hexlog-copy-crash-'));
const source = join(root, 'source');
const logger = new RecordingLogger();
let before: string;

const options = (storage: StorageEngine, dataDir: string) =>
  loadConfig({ own: { storage, 'data.dir': dataDir }, set: [], config: undefined }, {});

/** All that can be seen of a store. */
async function contents(storage: StorageEngine, dataDir: string): Promise<string> {
  const given = options(storage, dataDir);
  const store = await brokerStorage(given, new Crc32c(), new SystemClock(), logger);
  const found = JSON.stringify(await contentsOf(store));
  await store.close();
  return found;
}

beforeAll(async () => {
  const broker = await startBroker({ storage: 'segment-files', dataDir: source });
  await using client = await ConsumingClient.connect(broker.port);
  for (const topic of TOPICS) await client.produce(topic, BATCHES, BATCH_BYTES);
  await client.commit('one', 3);
  await broker.stop();
  before = await contents('segment-files', source);
  expect(before.length).toBeGreaterThan(TOPICS.length * BATCHES * BATCH_BYTES);
});
afterAll(() => rmSync(root, { recursive: true }));

/** A copy may be killed when it has come to its end, before it could say so. */
function isWhole(target: string): boolean {
  const names = existsSync(target) ? readdirSync(target) : [];
  return names.length > 0 && !names.some(name => name.startsWith('unfinished.json'));
}

/**
 * Kills copies at random moments, some before they have copied anything and so many of them midway, and looks at what they leave
 * of the target: the half, or all of it.
 */
async function killCopies(args: readonly string[], look: (isDone: boolean) => Promise<void>) {
  const seed = seedOfRun();
  const random = new SeededRandom(seed);
  const until = Date.now() + SECONDS * 1000;
  const target = args.at(-1)!;
  let midway = 0;
  for (let runs = 0; midway < KILLS || Date.now() < until; runs++) {
    if (runs > 20 * KILLS + SECONDS * 10) throw new Error(`seed ${seed}: no copy was cut short`);
    await using copy = new CopyProcess(args).begin();
    const isEarly = random.integer(4) === 0;
    if (!isEarly) await copy.copying;
    await delay(random.integer(isEarly ? 1500 : 120));
    const isDone = (await copy.kill()) || isWhole(target);
    if (!isDone && !isEarly) midway += 1;
    const isBegun = existsSync(join(target, 'unfinished.json'));
    if (isDone || isBegun) await look(isDone);
    if (isDone) rmSync(target, { recursive: true });
  }
  return `seed ${seed}, ${midway} killed midway`;
}

test.each(ENGINES)(
  'a migration to %s that is killed anywhere goes on, and loses nothing',
  TIMEOUT,
  async engine => {
    const target = join(root, `target-${engine}`);
    const args = ['migrate', engine, source, target];
    const killed = await killCopies(args, async isDone => {
      if (isDone) return expect(await contents(engine, target)).toBe(before);
      const refusal = /holds an unfinished migration of/;
      const started = startBroker({ storage: engine, dataDir: target });
      await expect(started).rejects.toThrow(refusal);
    });
    await using last = new CopyProcess(args).begin();
    expect(await last.ended).toBe(true);
    console.log(`migration to ${engine}: ${killed}`);
    expect(await contents(engine, target)).toBe(before);
    expect(await contents('segment-files', source), 'the source is whole').toBe(before);
  },
);

const backup = join(root, 'backup');
const restored = join(root, 'restored');

async function restore(): Promise<void> {
  const watch = { progressed: () => undefined, signal: new AbortController().signal };
  await restoreStore({ backup, to: options('segment-files', restored), logger }, watch);
}

test(
  'a backup that is killed anywhere is none, or whole; the next is made all the same',
  TIMEOUT,
  async () => {
    const args = ['backup', '', source, backup];
    const check = async (): Promise<void> => {
      await restore();
      expect(await contents('segment-files', restored)).toBe(before);
      rmSync(restored, { recursive: true });
    };
    const killed = await killCopies(args, async isDone => {
      if (isDone) return check();
      await expect(restore()).rejects.toThrow(/holds an unfinished backup of/);
      expect(existsSync(restored)).toBe(false);
    });
    await using last = new CopyProcess(args).begin();
    expect(await last.ended).toBe(true);
    console.log(`backup: ${killed}`);
    await check();
    rmSync(backup, { recursive: true });
    expect(await contents('segment-files', source), 'the source is whole').toBe(before);
  },
);

test(
  'a broker that is killed while it takes a backup has all of its own, and leaves none',
  TIMEOUT,
  async () => {
    await using broker = new BrokerProcess(source).begin();
    await broker.ready;
    const control = (await connectControl(source))!;
    let begun = (): void => undefined;
    const beginning = new Promise<void>(resolve => (begun = resolve));
    const asked = control.ask({ command: 'backup', to: backup }, () => begun());
    const ended = expect(asked).rejects.toMatchObject({ name: 'ControlError' });
    await beginning;
    await broker.kill();
    await ended;
    await expect(restore()).rejects.toThrow(/holds an unfinished backup of/);
    const next = await startBroker({ storage: 'segment-files', dataDir: source });
    await using client = await ConsumingClient.connect(next.port);
    for (const topic of TOPICS) expect(await client.values(topic)).toHaveLength(BATCHES);
    expect(await client.committed('one')).toBe(3);
    await next.stop();
  },
);
