import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Crc32c } from '../../../src/adapters/runtime/crc32c.ts';
import { SystemClock } from '../../../src/adapters/runtime/system-clock.ts';
import type { CopyProgress } from '../../../src/domain/use-cases/copy-logs.ts';
import { STORAGE_ENGINES, type StorageEngine } from '../../../src/main/broker-options.ts';
import { loadConfig } from '../../../src/main/config.ts';
import { brokerStorage } from '../../../src/main/factories.ts';
import { startBroker } from '../../../src/main/start-broker.ts';
import {
  backUpStore,
  migrateStore,
  restoreStore,
  type CopyWatch,
} from '../../../src/main/storage/copy-store.ts';
import { StorageError } from '../../../src/ports/log-storage.ts';
import { ConsumingClient } from '../../support/consuming-client.ts';
import { contentsOf, type LogContents } from '../../support/log-contents.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

const ENGINES = STORAGE_ENGINES.filter(engine => engine !== 'memory');

let root: string;
let logger: RecordingLogger;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hexlog-copy-'));
  logger = new RecordingLogger();
});
afterEach(() => rmSync(root, { recursive: true }));

const at = (name: string): string => join(root, name);
const options = (storage: StorageEngine, name: string) =>
  loadConfig({ own: { storage, 'data.dir': at(name) }, set: [], config: undefined }, {});

/** A copy that nobody watches, or that is ended by what `progressed` throws. */
const watch = (progressed: (progress: CopyProgress) => void = () => undefined): CopyWatch => {
  return { progressed, signal: new AbortController().signal };
};

/** A store as a broker leaves it: two lives, a few topics, a group. */
async function fillStore(storage: StorageEngine, name: string): Promise<void> {
  for (let life = 0; life < 2; life++) {
    const broker = await startBroker({ storage, dataDir: at(name) });
    await using client = await ConsumingClient.connect(broker.port);
    await client.produce('orders', 20, 3000);
    await client.produce(`life-${life}`, 3, 100);
    await client.commit('orders', 7 + life);
    await broker.stop();
  }
}

async function storeContents(storage: StorageEngine, name: string): Promise<LogContents[]> {
  const store = await brokerStorage(
    options(storage, name),
    new Crc32c(),
    new SystemClock(),
    logger,
  );
  const contents = await contentsOf(store);
  await store.close();
  return contents;
}

/** Ends a copy when so many bytes are there. */
const enoughAt = (limit: number) => (progress: CopyProgress) => {
  if (progress.bytes >= limit) throw new Error('enough');
};

describe.each(ENGINES)('from %s', from => {
  test.each(ENGINES)('to %s: everything is there, and the source is as it was', async to => {
    await fillStore(from, 'source');
    const before = await storeContents(from, 'source');
    expect(before.length).toBeGreaterThan(3);
    const parts = { from: options(from, 'source'), to: options(to, 'target'), logger };
    const copied = await migrateStore(parts, watch());
    expect(copied.length).toBe(before.length);
    expect(await storeContents(from, 'source')).toEqual(before);
    expect(await storeContents(to, 'target')).toEqual(before);
    const broker = await startBroker({ storage: to, dataDir: at('target') });
    await using client = await ConsumingClient.connect(broker.port);
    expect(await client.values('orders')).toHaveLength(40);
    expect(await client.committed('orders')).toBe(8);
    await broker.stop();
  });

  test('a backup of it can be restored to every engine', async () => {
    await fillStore(from, 'source');
    const before = await storeContents(from, 'source');
    await backUpStore({ from: options(from, 'source'), to: at('backup'), logger }, watch());
    for (const engine of ENGINES) {
      const parts = { backup: at('backup'), to: options(engine, `new-${engine}`), logger };
      await restoreStore(parts, watch());
      expect(await storeContents(engine, `new-${engine}`), engine).toEqual(before);
    }
  });
});

describe('a migration that was cut short', () => {
  const parts = () => ({
    from: options('segment-files', 'source'),
    to: options('segment-files', 'target'),
    logger,
  });
  const cutShort = async (): Promise<void> => {
    await expect(migrateStore(parts(), watch(enoughAt(1)))).rejects.toThrow('enough');
  };

  test('is no store, and goes on where it was', async () => {
    await fillStore('segment-files', 'source');
    await cutShort();
    writeFileSync(join(at('target'), 'sentinel'), '');
    const refusal = `directory ${at('target')} holds an unfinished migration of ${at('source')}`;
    const started = startBroker({ storage: 'segment-files', dataDir: at('target') });
    await expect(started).rejects.toThrow(refusal);
    const seen: number[] = [];
    await migrateStore(
      parts(),
      watch(({ bytes }) => void seen.push(bytes)),
    );
    expect(seen[0], 'what was there is not copied again').toBeGreaterThan(0);
    expect(existsSync(join(at('target'), 'sentinel'))).toBe(true);
    const source = await storeContents('segment-files', 'source');
    expect(await storeContents('segment-files', 'target')).toEqual(source);
  });

  test('begins anew when a broker has had the source meanwhile', async () => {
    await fillStore('segment-files', 'source');
    await cutShort();
    // What was copied may have been compacted since: nothing of it is kept.
    writeFileSync(join(at('target'), 'sentinel'), '');
    await fillStore('segment-files', 'source');
    await migrateStore(parts(), watch());
    expect(existsSync(join(at('target'), 'sentinel'))).toBe(false);
    const source = await storeContents('segment-files', 'source');
    expect(await storeContents('segment-files', 'target')).toEqual(source);
  });

  test('gives way to no other work', async () => {
    await fillStore('segment-files', 'source');
    await fillStore('segment-files', 'other');
    await cutShort();
    const other = { ...parts(), from: options('segment-files', 'other') };
    await expect(migrateStore(other, watch())).rejects.toThrow(/holds an unfinished migration of/);
    const backup = backUpStore({ ...parts(), to: at('target') }, watch());
    await expect(backup).rejects.toThrow(/holds an unfinished migration of/);
    await migrateStore(parts(), watch());
  });
});

describe('what is refused', () => {
  test('a target that is not empty, and nothing in it is touched', async () => {
    await fillStore('segment-files', 'source');
    await mkdir(at('target'));
    writeFileSync(join(at('target'), 'mine.txt'), 'mine');
    const from = options('segment-files', 'source');
    const to = options('segment-files', 'target');
    const refusal = `directory ${at('target')} is not empty (it holds mine.txt)`;
    await expect(migrateStore({ from, to, logger }, watch())).rejects.toThrow(refusal);
    await expect(backUpStore({ from, to: to.dataDir, logger }, watch())).rejects.toThrow(refusal);
    expect(readdirSync(at('target'))).toEqual(['mine.txt']);
  });

  test('the engine memory, which keeps nothing', async () => {
    await fillStore('segment-files', 'source');
    const from = options('segment-files', 'source');
    const memory = options('memory', 'target');
    const refusal = 'what the engine memory holds ends with its process';
    await expect(migrateStore({ from, to: memory, logger }, watch())).rejects.toThrow(refusal);
    await expect(migrateStore({ from: memory, to: from, logger }, watch())).rejects.toThrow(
      refusal,
    );
    expect(existsSync(at('target'))).toBe(false);
  });

  test('a source that is not there, that is empty, or that a broker has', async () => {
    const from = options('segment-files', 'source');
    const parts = { from, to: options('segment-files', 'target'), logger };
    await expect(migrateStore(parts, watch())).rejects.toThrow(/there is no data directory/);
    await mkdir(at('source'));
    await expect(migrateStore(parts, watch())).rejects.toThrow(/holds no logs of the engine/);
    const broker = await startBroker({ storage: 'segment-files', dataDir: at('source') });
    await expect(migrateStore(parts, watch())).rejects.toMatchObject({ code: 'locked' });
    await broker.stop();
    expect(existsSync(at('target'))).toBe(false);
  });
});

describe('a backup', () => {
  const restore = () =>
    restoreStore({ backup: at('backup'), to: options('segment-files', 'new'), logger }, watch());
  const backUp = (given: Partial<CopyWatch> = {}) => {
    const parts = { from: options('segment-files', 'source'), to: at('backup'), logger };
    return backUpStore(parts, { ...watch(), ...given });
  };

  test('that was cut short is none, and the next one takes its place', async () => {
    await fillStore('segment-files', 'source');
    await expect(backUp({ progressed: enoughAt(1) })).rejects.toThrow('enough');
    await expect(restore()).rejects.toThrow(/holds an unfinished backup of/);
    await backUp();
    await restore();
    const source = await storeContents('segment-files', 'source');
    expect(await storeContents('segment-files', 'new')).toEqual(source);
  });

  test('whose disk was full is none', async () => {
    await fillStore('segment-files', 'source');
    const full = new StorageError('failed', 'no space left on the device');
    const progressed = (): never => {
      throw full;
    };
    await expect(backUp({ progressed })).rejects.toBe(full);
    expect(existsSync(join(at('backup'), 'backup.json'))).toBe(false);
    await expect(restore()).rejects.toThrow(/holds an unfinished backup of/);
  });

  test('that is no backup, lacks a log, or the end of one, is not restored for a whole', async () => {
    await fillStore('segment-files', 'source');
    await backUp();
    const manifest = join(at('backup'), 'backup.json');
    const text = readFileSync(manifest, 'utf8');
    rmSync(manifest);
    await expect(restore()).rejects.toThrow(/holds no backup: there is no backup.json/);
    writeFileSync(manifest, text.slice(0, 40));
    await expect(restore()).rejects.toThrow(/backup.json is damaged$/);
    writeFileSync(manifest, text.replace('"epoch"', '"epoc"'));
    await expect(restore()).rejects.toThrow(/backup.json is damaged$/);
    for (const [format, version] of [
      [99, 'a newer'],
      [1, 'an older'],
    ] as const) {
      writeFileSync(manifest, text.replace('"format": 2', `"format": ${format}`));
      await expect(restore()).rejects.toMatchObject({
        code: 'failed',
        message: `${manifest} was written by ${version} version: its format is ${format}, and this one reads 2`,
      });
    }
    writeFileSync(manifest, text);
    const orders = readdirSync(at('backup')).find(name => name.startsWith('orders-'))!;
    const segment = join(at('backup'), orders, `${'0'.repeat(20)}.log`);
    const bytes = readFileSync(segment);
    writeFileSync(segment, bytes.subarray(0, bytes.length - 3));
    await expect(restore()).rejects.toMatchObject({ code: 'corrupt' });
    rmSync(join(at('backup'), orders), { recursive: true });
    rmSync(at('new'), { recursive: true });
    await expect(restore()).rejects.toThrow(/the backup is damaged: orders-0 is missing/);
  });

  test('that is not what it says of itself is not restored for a whole', async () => {
    await fillStore('segment-files', 'source');
    await backUp();
    const path = join(at('backup'), 'backup.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
    const orders = manifest.logs.findIndex(({ topic }) => topic === 'orders');
    const { batches, bytes } = manifest.logs[orders]!;
    expect(manifest.logs[orders]).toMatchObject({ startOffset: 0, endOffset: 40, batches: 40 });
    for (const [change, problem] of [
      [{ startOffset: 3 }, 'begins at offset 0, not 3'],
      [{ endOffset: 41 }, 'ends at offset 40, not 41'],
      [{ batches: batches + 1 }, 'has 40 batches, not 41'],
      [{ bytes: bytes + 1 }, `has ${bytes} bytes of batches, not ${bytes + 1}`],
      [{ epoch: 9 }, 'is of epoch 2, not 9'],
    ] as const) {
      const logs = manifest.logs.with(orders, { ...manifest.logs[orders]!, ...change });
      writeFileSync(path, JSON.stringify({ ...manifest, logs }));
      // The second time what is there already is taken up, and is no more than it was.
      for (const time of ['first', 'again']) {
        const refusal = `the backup is damaged: orders-0 ${problem}`;
        await expect(restore(), time).rejects.toThrow(refusal);
      }
    }
    const logs = manifest.logs.toSpliced(orders, 1);
    writeFileSync(path, JSON.stringify({ ...manifest, logs }));
    await expect(restore()).rejects.toThrow('orders-0 is none of its logs');
  });

  test('that has lost a batch from its middle is not restored for a whole', async () => {
    await fillStore('segment-files', 'source');
    await backUp();
    const segment = segmentOf('backup', 'orders');
    const bytes = readFileSync(segment);
    const [from, to] = [placeOf(bytes, 4), placeOf(bytes, 5)];
    writeFileSync(segment, Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]));
    await expect(restore()).rejects.toMatchObject({ code: 'corrupt' });
  });

  test.each([
    ['in the middle', 20],
    ['at the end', 39],
  ])('that leaves out a batch %s is restored as it is, to every engine', async (_, damaged) => {
    await fillStore('segment-files', 'source');
    const segment = segmentOf('source', 'orders');
    const bytes = readFileSync(segment);
    bytes[placeOf(bytes, damaged) + 100]! ^= 1;
    writeFileSync(segment, bytes);
    const damages: number[] = [];
    await expect(backUp()).rejects.toMatchObject({ code: 'corrupt' });
    await backUp({ leftOut: ({ offset }) => void damages.push(offset) });
    expect(damages).toEqual([damaged]);
    const before = await storeContents('segment-files', 'backup');
    expect(before.find(({ log }) => log === 'orders-0')!.endOffset).toBe(40);
    for (const engine of ENGINES) {
      const parts = { backup: at('backup'), to: options(engine, `new-${engine}`), logger };
      await restoreStore(parts, watch());
      expect(await storeContents(engine, `new-${engine}`), engine).toEqual(before);
      // It is a whole log again: nothing has to be left out of what is made of it.
      const again = { from: parts.to, to: options('segment-files', `again-${engine}`), logger };
      await migrateStore(again, watch());
      expect(await storeContents('segment-files', `again-${engine}`), engine).toEqual(before);
      const broker = await startBroker({ storage: engine, dataDir: at(`new-${engine}`) });
      await using client = await ConsumingClient.connect(broker.port);
      expect(await client.produce('orders', 1, 10), 'no offset is given again').toBe(41);
      await broker.stop();
    }
  });
});

interface Manifest {
  readonly logs: readonly { topic: string; batches: number; bytes: number }[];
}

/** The only segment of a topic's only partition. */
function segmentOf(store: string, topic: string): string {
  const name = readdirSync(at(store)).find(each => each.startsWith(`${topic}-`))!;
  return join(at(store), name, `${'0'.repeat(20)}.log`);
}

/** Where the batch begins that has so many before it. */
function placeOf(bytes: Buffer, batches: number): number {
  let place = 0;
  for (let at = 0; at < batches; at++) place += 12 + bytes.readInt32BE(place + 8);
  return place;
}
