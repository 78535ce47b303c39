import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  connectControl,
  type ControlConnection,
} from '../../adapters/transport/control/control-client.ts';
import type { CopyProgress, LeftOut } from '../../domain/use-cases/copy-logs.ts';
import { readManifest } from '../storage/backup-manifest.ts';
import { backUpStore, restoreStore } from '../storage/copy-store.ts';
import { refuseUnfinished } from '../storage/target-directory.ts';
import { StorageError } from '../../ports/log-storage.ts';
import { ProgressLine } from './progress-line.ts';
import {
  engineOptions,
  leftOutLine,
  lineLogger,
  watching,
  type StoreFlags,
} from './storage-flags.ts';

export interface BackupFlags extends StoreFlags {
  readonly to: string;
  readonly leaveOutDamaged: boolean;
}

export interface RestoreFlags extends StoreFlags {
  readonly from: string;
}

/** `hexlog storage backup`: asks the broker that has the data directory, or does it alone where there is none. */
export async function backup(flags: BackupFlags): Promise<void> {
  const options = engineOptions(flags);
  const line = new ProgressLine('backing up');
  const broker = await brokerOn(options.dataDir);
  const logs = await (
    broker === null ? backUpAlone(flags, line) : backUpLive(broker, flags, line)
  ).finally(() => line.end());
  process.stdout.write(
    `backed up ${logs} logs to ${flags.to}\n` +
      `restore with: hexlog storage restore --from ${flags.to} --data-dir <new directory>\n`,
  );
}

/** `hexlog storage restore`. */
export async function restore(flags: RestoreFlags): Promise<void> {
  const to = engineOptions(flags);
  const line = new ProgressLine('restoring');
  const copied = await restoreStore(
    { backup: flags.from, to, logger: lineLogger },
    watching(line, false),
  ).finally(() => line.end());
  process.stdout.write(
    `restored ${copied.length} logs\n` +
      `start with: hexlog serve --storage ${to.storage} --data-dir ${to.dataDir}\n`,
  );
}

async function brokerOn(dataDir: string): Promise<ControlConnection | null> {
  return existsSync(dataDir) ? connectControl(dataDir) : null;
}

async function backUpAlone(flags: BackupFlags, line: ProgressLine): Promise<number> {
  const parts = { from: engineOptions(flags), to: flags.to, logger: lineLogger };
  const copied = await backUpStore(parts, watching(line, flags.leaveOutDamaged));
  return copied.length;
}

/** The broker's progress is the copy's; what it leaves out comes between. */
async function backUpLive(
  broker: ControlConnection,
  { to, leaveOutDamaged }: BackupFlags,
  line: ProgressLine,
): Promise<number> {
  const request = { command: 'backup', to: resolve(to), leaveOutDamaged };
  const outcome = await broker.ask(request, progress => {
    const facts = progress as CopyProgress | { readonly leftOut: LeftOut };
    if ('leftOut' in facts) line.interrupt(leftOutLine(facts.leftOut));
    else line.show(facts.bytes, facts.totalBytes);
  });
  return logsOf(resolve(to), outcome);
}

/** Looks at what is there before it is called a backup. */
async function logsOf(backup: string, outcome: unknown): Promise<number> {
  await refuseUnfinished(backup);
  const { logs } = await readManifest(backup);
  if ((outcome as { readonly logs?: number } | null)?.logs === logs.length) return logs.length;
  throw new StorageError('corrupt', `directory ${backup} does not hold what the broker says`);
}
