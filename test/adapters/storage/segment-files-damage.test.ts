import { beforeEach, describe, expect, test } from 'vitest';
import type { RecordBatch } from '../../../src/domain/model/log/record-batch.ts';
import { batchesIn } from '../../../src/domain/model/log/record-batch.ts';
import {
  StorageError,
  type LogStorage,
  type PartitionLog,
} from '../../../src/ports/log-storage.ts';
import { CheckedReads } from '../../../src/domain/use-cases/runtime/checked-reads.ts';
import { Crc32c } from '../../../src/adapters/runtime/crc32c.ts';
import { batchOf } from '../../support/batches.ts';
import {
  SETTINGS,
  baseOffsetsIn,
  codeOf,
  keyOf,
  readOnce,
} from '../../support/log-storage-steps.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { SegmentFilesHarness } from '../../support/segment-files-harness.ts';
import { SeededRandom, seedOfRun } from '../../support/seeded-random.ts';

const DIRECTORY = '/data/orders-0.AbC-_0123456789abcdefg';
const LARGE = { ...SETTINGS, segmentBytes: 6000 };
const ROUNDS = 150;
/** The leader epoch lies where no checksum covers it: the domain knows the epochs of a log, and a store does not. */
const LEADER_EPOCH = [12, 13, 14, 15];

let harness: SegmentFilesHarness;
let storage: LogStorage;
let log: PartitionLog;

beforeEach(() => {
  harness = new SegmentFilesHarness();
});

/** A log of some segments with batches of all sizes. */
async function written(random: SeededRandom): Promise<RecordBatch[]> {
  harness = new SegmentFilesHarness();
  storage = await harness.open();
  log = await storage.open(keyOf(0), 1, LARGE);
  const batches: RecordBatch[] = [];
  for (let at = 0; at < 40; at++) {
    const sizeInBytes = random.pick([61, 80, 150, 400, 900]);
    const count = 1 + random.integer(5);
    const batch = batchOf({ baseOffset: log.endOffset, sizeInBytes, count, fill: at * 7 });
    log.append(batch);
    batches.push(batch.copy());
  }
  await log.commit(true);
  return batches;
}

interface Flip {
  readonly path: string;
  readonly position: number;
  readonly batch: RecordBatch;
  readonly isLast: boolean;
}

/** Changes one byte anywhere in the log; half of the time one in a header. */
function flipped(batches: readonly RecordBatch[], random: SeededRandom): Flip {
  const names = harness.fileSystem.list(DIRECTORY).filter(name => name.endsWith('.log'));
  const path = `${DIRECTORY}/${random.pick(names)}`;
  const content = Buffer.from(harness.fileSystem.contentOf(path));
  const inFile = [...batchesIn(content)];
  const hit = random.pick(inFile);
  const begin = content.length - (hit.bytes.buffer.byteLength - hit.bytes.byteOffset);
  const start = hit.bytes.byteOffset - content.byteOffset;
  expect(begin).toBeLessThanOrEqual(content.length);
  let at = random.integer(random.integer(2) === 0 ? 61 : hit.sizeInBytes);
  if (LEADER_EPOCH.includes(at)) at = 16;
  const batch = batches.find(each => each.baseOffset === hit.baseOffset)!;
  const position = start + at;
  content[position]! ^= 1 << random.integer(8);
  harness.fileSystem.setContent(path, content);
  return { path, position, batch, isLast: batch === batches.at(-1) };
}

/** All that a broker would hand out, going on at the next offset wherever a read is refused. */
async function readable(of: PartitionLog, maxBytes: number): Promise<[Buffer[], number[]]> {
  const { topic, partition } = keyOf(0);
  const [checksum, logger] = [new Crc32c(), new RecordingLogger()];
  const reads = new CheckedReads({ topic, partition, log: of, checksum, logger });
  const found: Buffer[] = [];
  const refused: number[] = [];
  for (let offset = of.startOffset; offset < of.endOffset;) {
    try {
      const bytes = await reads.read(offset, maxBytes, size => Buffer.alloc(size));
      const batches = [...batchesIn(bytes)];
      if (batches.length === 0) break;
      found.push(...batches.map(batch => Buffer.from(batch.bytes)));
      offset = batches.at(-1)!.nextOffset;
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== 'corrupt') throw error;
      expect(error.message).toMatch(/is damaged at .*\d{20}\.log|\d{20}\.log is damaged at byte/);
      refused.push(offset);
      offset += 1;
    }
  }
  return [found, refused];
}

async function repeatedly(round: (random: SeededRandom) => Promise<void>): Promise<void> {
  const seed = seedOfRun();
  for (let at = 0; at < ROUNDS; at++) {
    await round(new SeededRandom(seed + at)).catch((cause: unknown) => {
      throw new Error(`seed ${seed + at} (HEXLOG_SEED=${seed + at})`, { cause });
    });
  }
}

describe('one byte of a log is changed', () => {
  test('a recovery loses that batch and no other, and says where it lay', async () => {
    await repeatedly(async random => {
      const batches = await written(random);
      harness.fileSystem.crash('kill-process');
      const flip = flipped(batches, random);
      storage = await harness.open();
      log = await storage.open(keyOf(0), 2, LARGE);
      const left = batches.filter(batch => batch !== flip.batch).map(batch => batch.bytes);
      const [found, refused] = await readable(log, 2000);
      // What this process has settled is not checked at the start; then the read that comes upon it is refused.
      const isKnown = refused.length === 0;
      if (isKnown) expect(Buffer.concat(found).equals(Buffer.concat(left))).toBe(true);
      else onlySound(found, batches, flip.batch);
      const { offset, file } = harness.logger.lines.at(-1)!.facts;
      expect(file).toBe(flip.path);
      expect(offset).toBe(flip.batch.baseOffset);
    });
  });

  test('a read is never given it, and goes on where the index finds a way round', async () => {
    await repeatedly(async random => {
      const batches = await written(random);
      await storage.close();
      const flip = flipped(batches, random);
      storage = await harness.open({ hotTailBytes: random.pick([0, 1e9]) });
      log = await storage.open(keyOf(0), 2, LARGE);
      const [found, refused] = await readable(log, random.pick([100, 1000, 5000]));
      onlySound(found, batches, flip.batch);
      // Where an active segment has no index yet, its headers are read at the start.
      expect(refused.length + harness.logger.lines.length).toBeGreaterThan(0);
      expect(refused.length).toBeLessThan(40);
      expect(log.endOffset).toBe(batches.at(-1)!.nextOffset);
      const reported = harness.logger.lines.map(line => line.facts['file']);
      for (const file of reported) expect(file).toBe(flip.path);
    });
  });

  test('nothing that is damaged is given after a loss of power, and nothing before it is lost', async () => {
    await repeatedly(async random => {
      const batches = await written(random);
      harness.fileSystem.crash('kill-process');
      const flip = flipped(batches, random);
      harness.fileSystem.boots += 1;
      storage = await harness.open();
      log = await storage.open(keyOf(0), 2, LARGE);
      const [found] = await readable(log, 2000);
      onlySound(found, batches, flip.batch);
      const before = batches.slice(0, batches.indexOf(flip.batch)).map(batch => batch.bytes);
      const prefix = Buffer.concat(found.slice(0, before.length));
      expect(prefix.equals(Buffer.concat(before))).toBe(true);
    });
  });
});

function onlySound(found: Buffer[], batches: readonly RecordBatch[], damaged: RecordBatch): void {
  const sound = new Set(
    batches.filter(batch => batch !== damaged).map(b => b.bytes.toString('hex')),
  );
  for (const bytes of found) expect(sound.has(bytes.toString('hex'))).toBe(true);
  expect(new Set(found.map(bytes => bytes.toString('hex'))).size).toBe(found.length);
}

describe('damage within a log', () => {
  async function begin(sizes: readonly number[], settings = LARGE): Promise<void> {
    storage = await harness.open();
    log = await storage.open(keyOf(0), 1, settings);
    for (const sizeInBytes of sizes) {
      log.append(batchOf({ baseOffset: log.endOffset, sizeInBytes }));
    }
    await log.commit(true);
  }

  function change(name: string, act: (bytes: Buffer) => void): void {
    const path = `${DIRECTORY}/${name}`;
    const bytes = Buffer.from(harness.fileSystem.contentOf(path));
    act(bytes);
    harness.fileSystem.setContent(path, bytes);
  }

  test('other partitions open, and this one takes more', async () => {
    await begin([100, 100, 100]);
    const other = await storage.open(keyOf(1), 1, LARGE);
    other.append(batchOf());
    await other.commit(true);
    change('00000000000000000000.log', bytes => bytes.fill(0xff, 90, 130));
    storage = await harness.open();
    expect((await storage.open(keyOf(1), 2, LARGE)).endOffset).toBe(1);
    log = await storage.open(keyOf(0), 2, LARGE);
    log.append(batchOf({ baseOffset: 3 }));
    await log.commit(true);
    expect(baseOffsetsIn(await readOnce(log, 0, 1000))).toEqual([2, 3]);
    expect(log.startOffset).toBe(0);
  });

  test('a batch within the records of a damaged one is not taken for one of the log', async () => {
    await begin([100]);
    const hidden = batchOf({ baseOffset: 1, sizeInBytes: 70 }).bytes;
    const carrier = batchOf({ baseOffset: 1, sizeInBytes: 300 });
    hidden.copy(carrier.bytes, 80);
    log.append(carrier);
    log.append(batchOf({ baseOffset: 2 }));
    await log.commit(true);
    change('00000000000000000000.log', bytes => bytes.writeInt32BE(77, 108));
    storage = await harness.open();
    log = await storage.open(keyOf(0), 2, LARGE);
    expect(baseOffsetsIn(await readOnce(log, 0, 1000))).toEqual([0, 2]);
    expect((await readOnce(log, 1, 1000)).length).toBe(100);
  });

  test('megabytes of damage are passed over, and kept beside the segment', async () => {
    await begin([100, 5_000_000, 4_500_000, 100], { ...LARGE, segmentBytes: 1e9 });
    change('00000000000000000000.log', bytes => {
      bytes.fill(0x02, 100, 500_000);
      bytes.fill(0, 500_000, 9_000_000);
    });
    storage = await harness.open();
    log = await storage.open(keyOf(0), 2, LARGE);
    expect(baseOffsetsIn(await readOnce(log, 0, 1000))).toEqual([0, 3]);
    const aside = `${DIRECTORY}/00000000000000000000.100.damaged`;
    expect(harness.fileSystem.sizeOf(aside)).toBe(9_500_000);
  });

  test.each(['kill-process', 'lose-all'] as const)(
    'a recovery that is cut short at any change loses nothing more: %s',
    async mode => {
      let isOver = false;
      for (let at = 1; !isOver; at++) {
        harness = new SegmentFilesHarness();
        await begin([100, 100, 100, 100]);
        change('00000000000000000000.log', bytes => bytes.fill(0xff, 210, 290));
        const { fileSystem } = harness;
        const second = await harness.open();
        fileSystem.losePowerAt(at);
        await second.open(keyOf(0), 2, LARGE).catch(() => undefined);
        isOver = fileSystem.hasPower;
        fileSystem.crash(mode);
        const isCutOut = fileSystem.sizeOf(`${DIRECTORY}/00000000000000000000.log`) === 300;
        log = await (await harness.open()).open(keyOf(0), 3, LARGE);
        const found = baseOffsetsIn(await readOnce(log, 0, 1000));
        // Once the machine has gone, what follows damage counts for nothing; where there is none any more, it does.
        const expected = mode === 'kill-process' || isCutOut ? [0, 1, 3] : [0, 1];
        expect(found, `change ${at}`).toEqual(expected);
        if (isOver) expect(isCutOut).toBe(true);
      }
    },
  );

  test('in a log with gaps, a base offset that what follows contradicts is damage', async () => {
    await begin([100]);
    for (const baseOffset of [10, 20, 30]) log.append(batchOf({ baseOffset }));
    await log.commit(true);
    change('00000000000000000000.log', bytes => bytes.writeInt32BE(25, 104));
    storage = await harness.open();
    log = await storage.open(keyOf(0), 2, LARGE);
    expect(baseOffsetsIn(await readOnce(log, 0, 1000))).toEqual([0, 20, 30]);
  });

  test('a closed segment without its index, and damaged, is read as far as it is good', async () => {
    await begin(Array.from({ length: 60 }, () => 400));
    await storage.close();
    change('00000000000000000015.log', bytes => bytes.writeInt32BE(-1, 2408));
    harness.fileSystem.remove(`${DIRECTORY}/00000000000000000015.index`);
    storage = await harness.open();
    log = await storage.open(keyOf(0), 2, LARGE);
    expect(baseOffsetsIn(await readOnce(log, 15, 2400))).toEqual([15, 16, 17, 18, 19, 20]);
    expect(await codeOf(() => readOnce(log, 21, 2400))).toBe('corrupt');
    expect(await codeOf(() => readOnce(log, 29, 400))).toBe('corrupt');
    expect(baseOffsetsIn(await readOnce(log, 30, 400))).toEqual([30]);
    expect(baseOffsetsIn(await readOnce(log, 0, 400))).toEqual([0]);
    expect(log.placeOf(16)).toBe(`${DIRECTORY}/00000000000000000015.log at byte 400`);
    expect(log.placeOf(25)).toContain('00000000000000000015.log');
  });

  test('an audit tells of an index that does not fit, and the log does without it', async () => {
    await begin(Array.from({ length: 60 }, () => 400));
    await storage.close();
    change('00000000000000000015.index', bytes => bytes.writeInt32BE(7, 0));
    change('00000000000000000030.index', bytes => bytes.writeInt32BE(801, 4));
    change('00000000000000000000.timeindex', bytes => bytes.writeInt32BE(9, 0));
    storage = await harness.open();
    log = await storage.open(keyOf(0), 2, LARGE);
    const findings = await log.audit();
    expect(findings.join('\n')).toMatch(/0015\.index .*\n.*0030\.index/);
    expect(findings.join('\n')).toContain('00000000000000000000.index');
  });
});
