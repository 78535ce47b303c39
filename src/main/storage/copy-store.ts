import { resolve } from 'node:path';
import type { CopiedLog, CopyCommand } from '../../domain/use-cases/copy-logs.ts';
import { storedCluster } from '../../domain/use-cases/runtime/copy-sources.ts';
import type { LogStorage } from '../../ports/log-storage.ts';
import type { Logger } from '../../ports/logger.ts';
import type { EngineOptions } from '../broker-options.ts';
import { checkAgainst, readManifest, writeManifest } from './backup-manifest.ts';
import { CHECKSUM, copier, refuseMemory, withStore, withTarget } from './stores.ts';
import { TargetDirectory, type Work } from './target-directory.ts';

/** How a copy is watched, and ended early. */
export type CopyWatch = Omit<CopyCommand, 'sources' | 'target'>;

/** Where a copy goes, and what it is. */
interface Filling {
  readonly to: EngineOptions;
  readonly logger: Logger;
  readonly work: Pick<Work, 'kind' | 'version'> & { readonly from: string };
}

/**
 * Copies the store of one directory into another, of any engine. What was copied before it was cut short is not copied again, as
 * long as no broker was started on the source meanwhile.
 */
export function migrateStore(
  { from, to, logger }: { from: EngineOptions; to: EngineOptions; logger: Logger },
  watch: CopyWatch,
): Promise<readonly CopiedLog[]> {
  return withStore(from, logger, async source => {
    const { epoch, clusterId, sources } = await storedCluster(source, CHECKSUM);
    const version = `${clusterId}/${epoch}`;
    const work = { kind: 'migration', from: from.dataDir, version } as const;
    return fill({ to, logger, work }, target => copier().execute({ ...watch, sources, target }));
  });
}

/** Puts a backup into an empty data directory, of any engine. */
export async function restoreStore(
  { backup, to, logger }: { backup: string; to: EngineOptions; logger: Logger },
  watch: CopyWatch,
): Promise<readonly CopiedLog[]> {
  const from: EngineOptions = { ...to, storage: 'segment-files', dataDir: backup };
  return withStore(from, logger, async source => {
    const manifest = await readManifest(resolve(backup));
    const { sources } = await storedCluster(source, CHECKSUM);
    const version = `${manifest.clusterId}/${manifest.takenAt}`;
    const work = { kind: 'restore', from: backup, version } as const;
    return fill({ to, logger, work }, async target => {
      const copied = await copier().execute({ ...watch, sources, target });
      checkAgainst(manifest, copied);
      return copied;
    });
  });
}

/** Backs up a store that no broker has. */
export function backUpStore(
  { from, to, logger }: { from: EngineOptions; to: string; logger: Logger },
  watch: CopyWatch,
): Promise<readonly CopiedLog[]> {
  return withStore(from, logger, async source => {
    const { clusterId, sources } = await storedCluster(source, CHECKSUM);
    return fillBackup({ from, to, logger, clusterId: clusterId ?? '' }, target =>
      copier().execute({ ...watch, sources, target }),
    );
  });
}

/** Makes a directory a backup: a store of segment files that says what it is. It is whole and on disk when this resolves. */
export async function fillBackup(
  backup: { from: EngineOptions; to: string; clusterId: string; logger: Logger },
  copy: (target: LogStorage) => Promise<readonly CopiedLog[]>,
): Promise<readonly CopiedLog[]> {
  const { from, clusterId, logger } = backup;
  const takenAt = new Date().toISOString();
  const to: EngineOptions = { ...from, storage: 'segment-files', dataDir: backup.to };
  const work = { kind: 'backup', from: from.dataDir, version: null } as const;
  const finish = async (copied: readonly CopiedLog[]): Promise<void> => {
    await writeManifest(resolve(backup.to), { takenAt, clusterId, logs: [...copied] });
  };
  return fill({ to, logger, work }, copy, finish);
}

/** Fills a directory with a store. What `finish` writes is there before the directory counts as whole. */
async function fill(
  { to, logger, work: { kind, from, version } }: Filling,
  copy: (target: LogStorage) => Promise<readonly CopiedLog[]>,
  finish: (copied: readonly CopiedLog[]) => Promise<void> = async () => undefined,
): Promise<readonly CopiedLog[]> {
  refuseMemory(to.storage);
  const work = { kind, version, source: resolve(from), engine: to.storage };
  const directory = await TargetDirectory.begin(to.dataDir, work);
  const copied = await withTarget(to, logger, copy);
  await finish(copied);
  await directory.finish();
  return copied;
}
