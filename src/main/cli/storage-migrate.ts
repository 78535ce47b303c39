import type { StorageEngine } from '../broker-options.ts';
import { migrateStore } from '../storage/copy-store.ts';
import { ProgressLine } from './progress-line.ts';
import { engineOptions, lineLogger, watching } from './storage-flags.ts';

export interface MigrateFlags {
  readonly from?: StorageEngine;
  readonly to: StorageEngine;
  readonly dataDir?: string;
  readonly targetDir?: string;
  readonly config?: string;
  readonly leaveOutDamaged: boolean;
}

/** `hexlog storage migrate`: its last line says how to start with what it made. */
export async function migrate(flags: MigrateFlags): Promise<void> {
  const { from: storage, to: engine, leaveOutDamaged, ...given } = flags;
  const from = engineOptions({ ...given, ...(storage === undefined ? {} : { storage }) });
  const dataDir = flags.targetDir ?? `${from.dataDir.replace(/[/\\]+$/, '')}-${engine}`;
  const to = { ...from, storage: engine, dataDir };
  const line = new ProgressLine('migrating');
  const copied = await migrateStore(
    { from, to, logger: lineLogger },
    watching(line, leaveOutDamaged),
  ).finally(() => line.end());
  process.stdout.write(
    `migrated ${copied.length} logs; ${from.dataDir} is as it was\n` +
      `start with the copy: hexlog serve --storage ${engine} --data-dir ${dataDir}\n`,
  );
}
