import { once } from 'node:events';
import type { StorageEngine } from '../../src/main/broker-options.ts';
import { loadConfig } from '../../src/main/config.ts';
import { backUpStore, migrateStore } from '../../src/main/storage/copy-store.ts';
import { RecordingLogger } from './recording-logger.ts';

/**
 * A copy as a process of its own, for CopyProcess: begins when it is told anything; says `copying <bytes>` when the first bytes are
 * there, those of a copy before it included, and `done` at its end.
 */
const [kind, engine, source, target] = process.argv.slice(2);
const options = (storage: string, dataDir: string) => {
  return loadConfig({ own: { storage, 'data.dir': dataDir }, set: [], config: undefined }, {});
};

await once(process.stdin, 'data');
process.stdin.destroy();
let isBegun = false;
const { signal } = new AbortController();
const progressed = ({ bytes }: { bytes: number }): void => {
  if (!isBegun) process.stdout.write(`copying ${bytes}\n`);
  isBegun = true;
};
const from = options('segment-files', source!);
const logger = new RecordingLogger();
const watch = { progressed, signal };
if (kind === 'backup') await backUpStore({ from, to: target!, logger }, watch);
else await migrateStore({ from, to: options(engine as StorageEngine, target!), logger }, watch);
process.stdout.write('done\n');
