import { openSqliteLogStorage } from '../../src/adapters/storage/sqlite/sqlite-log-storage.ts';
import { batchesIn } from '../../src/domain/model/log/record-batch.ts';
import type { PartitionLog } from '../../src/ports/log-storage.ts';
import { SETTINGS, appended, keyOf } from './log-storage-steps.ts';
import { RecordingLogger } from './recording-logger.ts';

/**
 * Writes to one log without end, in a process that is to be killed: says each end that is durable. In between it rewrites what is
 * old, keeping every third batch, trims, and has checkpoints run all the time.
 */
const [directory, epoch] = process.argv.slice(2);
const storage = await openSqliteLogStorage({
  directory: directory!,
  clock: { now: () => Date.now() },
  logger: new RecordingLogger(),
  walBytes: 512 * 1024,
});
const log = await storage.open(keyOf(0), Number(epoch), { ...SETTINGS, segmentBytes: 200_000 });
for (let round = 1; ; round++) {
  for (let at = 0; at < 5; at++) appended(log, { sizeInBytes: 9000 });
  await log.commit(true);
  process.stdout.write(`${log.endOffset}\n`);
  if (round % 7 === 0) await rewrite(log);
  if (round % 11 === 0) await log.trimBefore(Math.max(log.startOffset, log.endOffset - 300));
}

async function rewrite(one: PartitionLog): Promise<void> {
  const to = one.activeOffset;
  const rewriting = await one.rewrite(to);
  const old = await one.read(one.startOffset, 10_000_000, size => Buffer.alloc(size));
  for (const batch of batchesIn(old)) {
    const isKept = batch.baseOffset < to && batch.baseOffset % 3 === 0;
    if (isKept) await rewriting.keep(batch);
  }
  await rewriting.finish();
}
