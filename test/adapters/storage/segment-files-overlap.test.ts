import { beforeEach, describe, expect, test, vi } from 'vitest';
import { batchesIn, type RecordBatch } from '../../../src/domain/model/log/record-batch.ts';
import type { LogStorage, PartitionLog } from '../../../src/ports/log-storage.ts';
import { batchOf } from '../../support/batches.ts';
import type { FaultyFileSystem } from '../../support/faulty-file-system.ts';
import {
  SETTINGS,
  appended,
  baseOffsetsIn,
  codeOf,
  filled,
  keyOf,
  readAll,
  readOnce,
} from '../../support/log-storage-steps.ts';
import { SegmentFilesHarness } from '../../support/segment-files-harness.ts';

const DIRECTORY = '/data/orders-0.AbC-_0123456789abcdefg';
const ONE_SEGMENT = { ...SETTINGS, segmentBytes: 1e9 };
const MEBIBYTE = 1024 * 1024;

let harness: SegmentFilesHarness;
let fileSystem: FaultyFileSystem;
let storage: LogStorage;

beforeEach(() => {
  harness = new SegmentFilesHarness();
  fileSystem = harness.fileSystem;
});

/** Lets everything run that waits for nothing but the event loop. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise(resolve => setImmediate(resolve));
}

/** A batch that leaves a gap before it. */
function farther(log: PartitionLog): RecordBatch {
  return batchOf({ baseOffset: log.endOffset + 5 });
}

/** Holds back the first call from now on of an operation, as a disk would that has other things to do. */
function heldBack(operation: 'write' | 'read' | 'fdatasync' | 'syncDirectory') {
  let begun = (): void => undefined;
  const begins = new Promise<void>(resolve => (begun = resolve));
  let goOn = (): void => undefined;
  const real = (fileSystem[operation] as (...given: unknown[]) => void).bind(fileSystem);
  const spy = vi.spyOn(fileSystem, operation) as unknown as {
    mockImplementationOnce(hold: (...given: unknown[]) => void): void;
  };
  spy.mockImplementationOnce((...given) => {
    goOn = () => real(...given);
    begun();
  });
  return { begins, release: () => goOn() };
}

describe('a writer that has failed while the disk still works for it', () => {
  test('writes nothing after the next one has come', async () => {
    storage = await harness.open();
    const old = await storage.open(keyOf(0), 1, ONE_SEGMENT);
    fileSystem.beforeWrite = () => (harness.now += 20);
    const first = appended(old);
    await old.commit(false);
    const syncs = fileSystem.stallSyncs();
    const durable = codeOf(() => old.commit(true));
    await syncs.stalled;
    const write = heldBack('write');
    for (let count = 0; count < 2; count++) appended(old, { sizeInBytes: 70_000, fill: 1 });
    const lost = codeOf(() => old.commit(false));
    await write.begins;
    fileSystem.failNth('sync', 1, 'EIO', /\.log$/);
    syncs.release();
    expect(await durable).toBe('failed');
    let isOpen = false;
    const opening = storage.open(keyOf(0), 2, ONE_SEGMENT).finally(() => (isOpen = true));
    await settled();
    expect(isOpen).toBe(false);
    write.release();
    expect(await lost).toBe('failed');
    const next = await opening;
    const second = appended(next, { sizeInBytes: 150_000, fill: 2 });
    await next.commit(true);
    await settled();
    const expected = Buffer.concat([first.bytes, second.bytes]);
    expect(fileSystem.contentOf(`${DIRECTORY}/00000000000000000000.log`).equals(expected)).toBe(
      true,
    );
  });

  test('saves nothing after the next one has come', async () => {
    storage = await harness.open();
    const old = await storage.open(keyOf(0), 1, ONE_SEGMENT);
    const save = heldBack('fdatasync');
    fileSystem.failNth('write', 1, 'ENOSPC', /\.log$/);
    old.append(farther(old));
    await save.begins;
    const lost = codeOf(() => old.commit(false));
    await settled();
    let isOpen = false;
    const opening = storage.open(keyOf(0), 2, ONE_SEGMENT).finally(() => (isOpen = true));
    await settled();
    expect(isOpen).toBe(false);
    save.release();
    expect(await lost).toBe('failed');
    await opening;
    fileSystem.crash('lose-all');
    const again = await harness.open();
    expect(await codeOf(() => again.open(keyOf(0), 1, ONE_SEGMENT))).toBe('fenced');
  });
});

describe('gaps', () => {
  test('one that comes while a rewrite announces its own is not committed before that is saved', async () => {
    storage = await harness.open();
    const log = await storage.open(keyOf(0), 1, SETTINGS);
    await filled(log, 28);
    await log.audit();
    const save = heldBack('syncDirectory');
    const rewriting = log.rewrite(log.activeOffset);
    await save.begins;
    log.append(farther(log));
    let isDone = false;
    const commit = log.commit(true).finally(() => (isDone = true));
    await settled();
    expect(isDone).toBe(false);
    save.release();
    await commit;
    await (await rewriting).abandon();
  });
});

describe('reads', () => {
  test('give what is left, or nothing, while a truncation is under way', async () => {
    storage = await harness.open();
    const log = await storage.open(keyOf(0), 1, SETTINGS);
    const batches = await filled(log, 28);
    const reads: Promise<Buffer>[] = [];
    const truncate = fileSystem.truncate.bind(fileSystem);
    vi.spyOn(fileSystem, 'truncate').mockImplementation((fd, size) => {
      truncate(fd, size);
      // Small files are written anew from their beginning.
      if (size === 0) return;
      for (let offset = 0; offset < 28 * 3; offset += 3) reads.push(readOnce(log, offset, 5000));
    });
    await log.truncateTo(21);
    expect(reads.length).toBeGreaterThan(0);
    for (const [at, bytes] of (await Promise.all(reads)).entries()) {
      const [first] = baseOffsetsIn(bytes);
      const base = batches[at % 28]!.baseOffset;
      expect(first, `read from ${base}`).toBe(base < 21 ? base : undefined);
    }
  });

  test('that a truncation overtakes give nothing, and tell of no damage', async () => {
    storage = await harness.open({ hotTailBytes: 0 });
    const log = await storage.open(keyOf(0), 1, ONE_SEGMENT);
    await filled(log, 20);
    for (const begun of ['looking for the place', 'reading'] as const) {
      if (begun === 'reading') await readOnce(log, 0, 300 * 5);
      const disk = heldBack('read');
      const read = readOnce(log, 15, 3000);
      await disk.begins;
      await log.truncateTo(begun === 'reading' ? 9 : 12);
      disk.release();
      expect(await read, begun).toHaveLength(0);
      await filled(log, 10);
    }
  });

  test('that a later writer overtakes are refused, and look at no file of its', async () => {
    storage = await harness.open({ hotTailBytes: 0 });
    const log = await storage.open(keyOf(0), 1, SETTINGS);
    await filled(log, 20);
    const disk = heldBack('read');
    const read = codeOf(() => readOnce(log, 0, 3000));
    await disk.begins;
    await storage.open(keyOf(0), 2, SETTINGS);
    disk.release();
    expect(await read).toBe('fenced');
    await storage.close();
    expect(fileSystem.openCount).toBe(0);
  });

  test('of a file that is gone say so, and do not make it anew', async () => {
    storage = await harness.open({ maxOpenFiles: 1 });
    const log = await storage.open(keyOf(0), 1, SETTINGS);
    await filled(log, 20);
    const path = `${DIRECTORY}/00000000000000000000.log`;
    await readAll(log, 30, 5000);
    fileSystem.remove(path);
    expect(await codeOf(() => readOnce(log, 0, 5000))).toBe('corrupt');
    expect(fileSystem.sizeOf(path)).toBeNull();
    expect(baseOffsetsIn(await readOnce(log, 30, 300))).toEqual([30]);
  });
});

describe('an index that has to be made anew', () => {
  async function withoutIndex(): Promise<PartitionLog> {
    const first = await harness.open();
    await filled(await first.open(keyOf(0), 1, SETTINGS), 60);
    await first.close();
    for (const name of fileSystem.list(DIRECTORY).filter(each => each.endsWith('index'))) {
      fileSystem.remove(`${DIRECTORY}/${name}`);
    }
    storage = await harness.open();
    return storage.open(keyOf(0), 2, SETTINGS);
  }

  test('is not taken for whole when the disk failed over it', async () => {
    const log = await withoutIndex();
    fileSystem.failNth('read', 1, 'EIO', /00015\.log$/);
    expect(await codeOf(() => log.offsetFor(1000 + 21))).toBe('failed');
    expect(await log.offsetFor(1000 + 21)).toBe(21);
    expect(await log.offsetFor(1000 + 90)).toBe(90);
  });
});

describe('what takes long is done in pieces', () => {
  const BATCHES = 1200;
  const BYTES = 5000;

  /** The most bytes that were read of the log's files in one turn of the event loop. */
  async function mostInOneTurn(work: () => Promise<unknown>): Promise<number> {
    const read = fileSystem.readSync.bind(fileSystem);
    let [most, now, isOver] = [0, 0, false];
    vi.spyOn(fileSystem, 'readSync').mockImplementation((fd, into, position) => {
      now += into.length;
      most = Math.max(most, now);
      return read(fd, into, position);
    });
    const turn = (): void => {
      now = 0;
      if (!isOver) setImmediate(turn);
    };
    turn();
    await work().finally(() => (isOver = true));
    return most;
  }

  async function written(): Promise<PartitionLog> {
    storage = await harness.open();
    const settings = { ...SETTINGS, segmentBytes: BATCHES * BYTES };
    const log = await storage.open(keyOf(0), 1, settings);
    for (let at = 0; at < BATCHES + 10; at++) {
      appended(log, { sizeInBytes: BYTES, maxTimestamp: 1000 + at });
    }
    await log.commit(true);
    await log.audit();
    return log;
  }

  async function reopened(options = {}): Promise<PartitionLog> {
    await storage.close();
    for (const name of fileSystem.list(DIRECTORY).filter(each => each.endsWith('index'))) {
      fileSystem.remove(`${DIRECTORY}/${name}`);
    }
    storage = await harness.open(options);
    return storage.open(keyOf(0), 2, ONE_SEGMENT);
  }

  test.each([
    ['read', async (log: PartitionLog) => expect((await readOnce(log, 600, 1)).length).toBe(BYTES)],
    ['offsetFor', async (log: PartitionLog) => expect(await log.offsetFor(1600)).toBe(600)],
    [
      'offsetKeeping',
      async (log: PartitionLog) => {
        expect(await log.offsetKeeping(BYTES * 110)).toBe(BATCHES - 100);
      },
    ],
    ['truncateTo', (log: PartitionLog) => log.truncateTo(600)],
    ['rewrite', async (log: PartitionLog) => (await log.rewrite(10)).finish()],
  ] as const)('%s, when the index of a segment is missing', async (_, work) => {
    await written();
    const log = await reopened();
    const most = await mostInOneTurn(() => work(log));
    expect(most).toBeLessThan(1.2 * MEBIBYTE);
  });

  test('the start, when the index of the active segment is missing', async () => {
    storage = await harness.open();
    const log = await storage.open(keyOf(0), 1, ONE_SEGMENT);
    for (let at = 0; at < BATCHES; at++) appended(log, { sizeInBytes: BYTES });
    await log.commit(true);
    expect(await mostInOneTurn(() => reopened())).toBeLessThan(1.2 * MEBIBYTE);
  });

  test('the rest of a segment that is rewritten in part', async () => {
    const log = await written();
    const most = await mostInOneTurn(async () => {
      const rewrite = await log.rewrite(10);
      for (const batch of batchesIn(await readOnce(log, 0, 5 * BYTES))) await rewrite.keep(batch);
      await rewrite.finish();
    });
    expect(most).toBeLessThan(1.2 * MEBIBYTE);
    const bases = baseOffsetsIn(await readAll(log, 0, MEBIBYTE));
    expect(bases.slice(0, 6)).toEqual([0, 1, 2, 3, 4, 10]);
    expect(bases).toHaveLength(BATCHES + 5);
  });

  test('the removal of files: their bytes are given back off the event loop', async () => {
    storage = await harness.open();
    const log = await storage.open(keyOf(0), 1, SETTINGS);
    const batches = await filled(log, 60);
    const nameless = vi.spyOn(fileSystem, 'closeLater');
    const logs = () => fileSystem.list(DIRECTORY).filter(name => name.endsWith('.log')).length;
    let before = logs();
    await log.trimBefore(20);
    expect(nameless).toHaveBeenCalledTimes(before - logs());
    before = logs();
    nameless.mockClear();
    await log.truncateTo(150);
    expect(nameless).toHaveBeenCalledTimes(before - logs());
    nameless.mockClear();
    const to = log.activeOffset;
    const kept = batches.filter(({ baseOffset }) => baseOffset >= 21 && baseOffset < to);
    const rewrite = await log.rewrite(to);
    for (const batch of kept) await rewrite.keep(batch);
    await rewrite.finish();
    expect(nameless).toHaveBeenCalledTimes(logs() - 1);
    const [atOnce, later] = [vi.spyOn(fileSystem, 'remove'), vi.spyOn(fileSystem, 'removeLater')];
    await storage.remove(keyOf(0));
    expect(later.mock.calls.map(([path]) => path)).toEqual([`${DIRECTORY}.deleted`]);
    // The tool in memory removes for `removeLater` what it is told to.
    expect(atOnce.mock.calls.map(([path]) => path)).toEqual([`${DIRECTORY}.deleted`]);
  });
});

test('a store that could not be opened can be opened when the reason is gone', async () => {
  const process = { pid: 7, startOf: () => 'then' };
  storage = await harness.open({ process });
  await storage.open(keyOf(0), 1, SETTINGS);
  await storage.close();
  fileSystem.rename(DIRECTORY, `${DIRECTORY}.deleted`);
  const full = Object.assign(new Error('EIO: a removal failed'), { code: 'EIO' });
  vi.spyOn(fileSystem, 'removeLater').mockImplementationOnce((_, done) => done(full));
  expect(await codeOf(() => harness.open({ process }))).toBe('failed');
  storage = await harness.open({ process });
  expect(fileSystem.list('/data')).toEqual(['lock']);
});
