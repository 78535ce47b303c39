import { join } from 'node:path';
import { z } from 'zod';
import type { CopiedLog } from '../../domain/use-cases/copy-logs.ts';
import { StorageError, type PartitionKey } from '../../ports/log-storage.ts';
import { readIfThere, writeDurably } from './durable-file.ts';

const NAME = 'backup.json';

const Count = z.number().int().nonnegative();

const Log = z.object({
  topic: z.string(),
  topicId: z.string(),
  partition: Count,
  epoch: Count,
  startOffset: Count,
  endOffset: Count,
  /** Whole batches, the one that holds the start offset included, and the bytes of them. */
  batches: Count,
  bytes: Count,
});

const FORMAT = 2;
/** All that backups of every format have. */
const Format = z.object({ format: Count });

const Manifest = z.object({
  format: z.literal(FORMAT),
  /** When it was begun, in ISO 8601. */
  takenAt: z.string(),
  clusterId: z.string(),
  logs: z.array(Log),
});

type BackedUpLog = z.infer<typeof Log>;

/** What a backup says of itself: it is written last, so that a backup that has one is whole. */
export type BackupManifest = z.infer<typeof Manifest>;

/** Says what was copied, durably. */
export async function writeManifest(
  directory: string,
  { takenAt, clusterId, logs }: Omit<BackupManifest, 'format'>,
): Promise<void> {
  // As the schema has it, and nothing besides.
  const manifest = Manifest.parse({ format: FORMAT, takenAt, clusterId, logs });
  await writeDurably(join(directory, NAME), `${JSON.stringify(manifest, null, 1)}\n`);
}

/** Rejects with a StorageError when there is no backup in the directory, or one of another format. */
export async function readManifest(directory: string): Promise<BackupManifest> {
  const text = await readIfThere(join(directory, NAME));
  if (text === null) {
    throw new StorageError('failed', `directory ${directory} holds no backup: there is no ${NAME}`);
  }
  const given = parsed(text);
  const read = Manifest.safeParse(given);
  if (read.success) return read.data;
  const path = join(directory, NAME);
  const other = Format.safeParse(given).data?.format ?? FORMAT;
  if (other === FORMAT) throw new StorageError('corrupt', `${path} is damaged`);
  const whose = other > FORMAT ? 'a newer' : 'an older';
  const message = `${path} was written by ${whose} version: its format is ${other}, and this one reads ${FORMAT}`;
  throw new StorageError('failed', message);
}

/** Throws a StorageError unless the logs are those that the backup was made of, each from end to end. */
export function checkAgainst(manifest: BackupManifest, copied: readonly CopiedLog[]): void {
  const found = new Map(copied.map(log => [idOf(log), log]));
  for (const log of manifest.logs) {
    const problem = difference(log, found.get(idOf(log)));
    if (problem !== null) throw damaged(log, problem);
    found.delete(idOf(log));
  }
  for (const log of found.values()) throw damaged(log, 'is none of its logs');
}

function difference(expected: BackedUpLog, found: CopiedLog | undefined): string | null {
  if (found === undefined) return 'is missing';
  for (const [name, text] of Object.entries(FACTS) as [keyof typeof FACTS, string][]) {
    if (found[name] === expected[name]) continue;
    return `${text.replace('#', String(found[name]))}, not ${expected[name]}`;
  }
  return null;
}

/** What is compared, as it is told of what was found. */
const FACTS = {
  epoch: 'is of epoch #',
  startOffset: 'begins at offset #',
  endOffset: 'ends at offset #',
  batches: 'has # batches',
  bytes: 'has # bytes of batches',
} as const;

function damaged({ topic, partition }: PartitionKey, problem: string): StorageError {
  return new StorageError('corrupt', `the backup is damaged: ${topic}-${partition} ${problem}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function idOf({ topicId, partition }: { topicId: string; partition: number }): string {
  return `${partition}.${topicId}`;
}
