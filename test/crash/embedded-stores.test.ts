import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EMBEDDED_ENGINES, openEmbedded } from '../support/embedded-store.ts';
import {
  SETTINGS,
  appended,
  baseOffsetsIn,
  codeOf,
  keyOf,
  readAll,
} from '../support/log-storage-steps.ts';

const FILL = fileURLToPath(new URL('../support/fill-store-main.ts', import.meta.url));
/** In blocks of 512 bytes or of 1024, as the shell has it: 8 or 16 megabytes. */
const LIMIT = 16_000;

interface Filled {
  readonly code: string;
  readonly committed: number;
  readonly readable: readonly number[];
}

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'hexlog-embedded-'))));
afterEach(() => rm(directory, { recursive: true, force: true }));

describe.each(EMBEDDED_ENGINES)('%s', engine => {
  test('where no more can be written, a commit fails, and what was committed stays', async () => {
    const script = `ulimit -f ${LIMIT} && exec "$0" --import tsx "$@"`;
    const args = ['-c', script, process.execPath, FILL, engine, directory];
    const { stdout } = await promisify(execFile)('sh', args);
    const { code, committed, readable } = JSON.parse(stdout) as Filled;
    expect(code).toBe('failed');
    expect(committed).toBeGreaterThan(100);
    const expected = Array.from({ length: committed }, (_, at) => at);
    expect(readable).toEqual(expected);

    const storage = await openEmbedded(engine, directory);
    const log = await storage.open(keyOf(0), 2, SETTINGS);
    expect(baseOffsetsIn(await readAll(log, 0, 1_000_000))).toEqual(expected);
    expect(await log.audit()).toEqual([]);
    appended(log, { sizeInBytes: 20_000 });
    await log.commit(true);
    expect(log.endOffset).toBe(committed + 1);
    await storage.close();
  });

  test('a directory has one store at a time', async () => {
    const storage = await openEmbedded(engine, directory);
    expect(await codeOf(() => openEmbedded(engine, directory))).toBe('locked');
    await storage.close();
    await (await openEmbedded(engine, directory)).close();
  });

  test('many logs are opened again without reading them', async () => {
    const LOGS = 500;
    let storage = await openEmbedded(engine, directory);
    for (let epoch = 1; epoch <= 2; epoch++) {
      const logs = await Promise.all(
        Array.from({ length: LOGS }, (_, at) => storage.open(keyOf(at), epoch, SETTINGS)),
      );
      for (const log of logs) {
        expect(log.endOffset).toBe(epoch - 1);
        appended(log);
      }
      await Promise.all(logs.map(log => log.commit(true)));
      await storage.close();
      storage = await openEmbedded(engine, directory);
      expect(await storage.list()).toHaveLength(LOGS);
    }
    await storage.close();
  });
});
