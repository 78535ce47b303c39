import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { StorageError } from '../../ports/log-storage.ts';
import { readIfThere, removeDurably, syncDirectory, writeDurably } from './durable-file.ts';

/** What is being copied into a directory, and from where. The same work may be taken up where it was left. */
export interface Work {
  readonly kind: 'migration' | 'backup' | 'restore';
  /** Where the copy comes from, as people know it. */
  readonly source: string;
  /** Changes whenever the source may have changed; null for work that is never taken up. */
  readonly version: string | null;
  /** The engine that the directory is for. */
  readonly engine: string;
}

const MARK = 'unfinished.json';
/** What the root of a file system has from birth. */
const NOT_OURS = new Set(['lost+found']);

/**
 * A directory while it is filled with the copy of a store. It carries a mark from before the first byte until the copy is whole
 * and on disk: nobody takes it for a store meanwhile, whatever ends the process. (A mark and no temporary name, since a data
 * directory is often a mounted volume, which cannot be renamed.)
 */
export class TargetDirectory {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Takes an empty directory, which is made if there is none, or one that the same work has begun to fill; what it holds of an
   * older version is removed. Rejects with a StorageError when anything else is in it.
   */
  static async begin(path: string, work: Work): Promise<TargetDirectory> {
    const directory = resolve(path);
    await makeDurably(directory);
    const begun = await markIn(directory);
    const mark = join(directory, MARK);
    if (begun === null) await refuseUnlessEmpty(directory);
    else if (begun.kind !== work.kind || begun.source !== work.source)
      throw occupied(directory, begun);
    else if (!isSame(begun, work)) await empty(directory);
    else return new TargetDirectory(directory);
    await writeDurably(mark, `${JSON.stringify(work)}\n`);
    return new TargetDirectory(directory);
  }

  /** Says that the copy is whole. All of it must be on disk. */
  async finish(): Promise<void> {
    await removeDurably(this.path, MARK);
  }
}

/** Throws a StorageError when a directory holds the half of a copy. */
export async function refuseUnfinished(path: string): Promise<void> {
  const directory = resolve(path);
  const begun = await markIn(directory);
  if (begun === null) return;
  throw new StorageError(
    'failed',
    `directory ${directory} holds an unfinished ${begun.kind} of ${begun.source}: run it again to its end, or remove the directory`,
  );
}

async function markIn(directory: string): Promise<Work | null> {
  const text = await readIfThere(join(directory, MARK));
  return text === null ? null : (JSON.parse(text) as Work);
}

function isSame(a: Work, b: Work): boolean {
  return b.version !== null && a.version === b.version && a.engine === b.engine;
}

/** Everything but the mark, which goes last by being replaced. */
async function empty(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name === MARK || NOT_OURS.has(name)) continue;
    await rm(join(directory, name), { recursive: true });
  }
}

async function refuseUnlessEmpty(directory: string): Promise<void> {
  const names = await readdir(directory);
  // The mark before it has its name: a process was killed at the very start.
  const found = names.find(name => !NOT_OURS.has(name) && name !== `${MARK}.new`);
  if (found === undefined) return;
  throw new StorageError(
    'failed',
    `directory ${directory} is not empty (it holds ${found}): empty it, or choose another`,
  );
}

function occupied(directory: string, { kind, source }: Work): StorageError {
  return new StorageError(
    'failed',
    `directory ${directory} holds an unfinished ${kind} of ${source}: remove it, or choose another`,
  );
}

async function makeDurably(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined) return;
  for (let made = directory; ; made = dirname(made)) {
    await syncDirectory(dirname(made));
    if (made === first) return;
  }
}
