import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openSqliteLogStorage } from '../../../src/adapters/storage/sqlite/sqlite-log-storage.ts';
import { batchesIn } from '../../../src/domain/model/log/record-batch.ts';
import { SETTINGS, keyOf, readAll } from '../../support/log-storage-steps.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { SeededRandom, seedOfRun } from '../../support/seeded-random.ts';

const MAIN = fileURLToPath(new URL('../../support/sqlite-writer-main.ts', import.meta.url));
const KILLS = 6;

/** Kills a writer when it has said so many ends; gives the last one that it said. */
async function killedAfter(directory: string, epoch: number, ends: number): Promise<number> {
  const args = ['--import', 'tsx', MAIN, directory, String(epoch)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  let last = -1;
  let heard = 0;
  createInterface(child.stdout).on('line', line => {
    last = Number(line);
    heard += 1;
    if (heard === ends) child.kill('SIGKILL');
  });
  await closed;
  expect(heard, 'the writer lived until it was killed').toBeGreaterThanOrEqual(ends);
  return last;
}

test(
  'killed while it writes, rewrites, trims and makes checkpoints, it has all that was durable',
  { timeout: 180_000 },
  async () => {
    const random = new SeededRandom(seedOfRun());
    let gone = 0;
    const directory = mkdtempSync(join(tmpdir(), 'hexlog-sqlite-'));
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        const durable = await killedAfter(directory, kill * 2 + 1, 5 + random.integer(120));
        const context = `seed ${random.seed}, kill ${kill}`;
        const logger = new RecordingLogger();
        const storage = await openSqliteLogStorage({ directory, clock: Date, logger });
        const log = await storage.open(keyOf(0), kill * 2 + 2, SETTINGS);
        expect(log.endOffset, context).toBeGreaterThanOrEqual(durable);
        expect(await log.audit(), context).toEqual([]);
        const offsets = new Set<number>();
        for (const batch of batchesIn(await readAll(log, log.startOffset, 100_000))) {
          offsets.add(batch.baseOffset);
        }
        // Only a rewrite drops batches, and never those that it was told to keep.
        for (let offset = log.startOffset; offset < log.endOffset; offset++) {
          const mayBeGone = offset % 3 !== 0 && offset < log.activeOffset;
          if (!offsets.has(offset)) gone += 1;
          if (!mayBeGone) expect(offsets.has(offset), `${context}, offset ${offset}`).toBe(true);
        }
        await storage.close();
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
    expect(gone, 'rewrites took place').toBeGreaterThan(0);
  },
);
