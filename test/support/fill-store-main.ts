import type { StorageEngine } from '../../src/main/broker-options.ts';
import { StorageError } from '../../src/ports/log-storage.ts';
import { openEmbedded } from './embedded-store.ts';
import { SETTINGS, appended, baseOffsetsIn, keyOf, readAll } from './log-storage-steps.ts';

/**
 * Appends to a store until a commit fails, and says as JSON with which code, how many commits did not, and the base offsets that
 * can be read then. For a process with a limit on the size of files; it ends without closing anything.
 */
const [engine, directory] = process.argv.slice(2);
const storage = await openEmbedded(engine as StorageEngine, directory!);
const log = await storage.open(keyOf(0), 1, SETTINGS);
let committed = 0;
let code: string | null = null;
while (code === null) {
  try {
    appended(log, { sizeInBytes: 20_000, fill: committed % 256 });
    await log.commit(committed % 4 === 0);
    committed += 1;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    code = error.code;
  }
}
const readable = baseOffsetsIn(await readAll(log, 0, 1_000_000));
process.stdout.write(`${JSON.stringify({ code, committed, readable })}\n`, () => process.exit(0));
