import { basename, join } from 'node:path';
import { LogFile } from './descriptors.ts';
import type { Engine } from './engine.ts';
import { directorySynced, readAllLater, synced, writeAllLater } from './file-calls.ts';
import { damagedFileName } from './partition-names.ts';
import type { Damage } from './segment-scan.ts';
import type { Segment } from './segment.ts';

const CHUNK_BYTES = 1024 * 1024;

/** Keeps a copy of damaged bytes beside their segment, durably; gives its name. */
export async function keepAside(engine: Engine, segment: Segment, damage: Damage): Promise<string> {
  const path = join(segment.directory, damagedFileName(segment.baseOffset, damage.position));
  await copy(engine, segment, path, [damage]);
  await directorySynced(engine.fileSystem, segment.directory);
  return basename(path);
}

/**
 * Takes damaged bytes out of a segment's file: the old one stands until the new one is whole and durable. That the log has gaps
 * must be durable before, or the next recovery would take what is left for damaged.
 */
export async function withoutDamage(
  engine: Engine,
  segment: Segment,
  damages: readonly Damage[],
  end: number,
): Promise<void> {
  const { fileSystem, descriptors } = engine;
  const kept: Range[] = [];
  let position = 0;
  for (const damage of damages) {
    kept.push({ position, bytes: damage.position - position });
    position = damage.position + damage.bytes;
  }
  kept.push({ position, bytes: end - position });
  const path = segment.pathOf('log.cleaned');
  await copy(engine, segment, path, kept);
  for (const suffix of ['index', 'timeindex'] as const) fileSystem.remove(segment.pathOf(suffix));
  await directorySynced(fileSystem, segment.directory);
  descriptors.letGo(segment.file);
  fileSystem.rename(path, segment.file.path);
  await directorySynced(fileSystem, segment.directory);
}

interface Range {
  readonly position: number;
  readonly bytes: number;
}

async function copy(
  { fileSystem, descriptors }: Engine,
  segment: Segment,
  path: string,
  ranges: readonly Range[],
): Promise<void> {
  const target = new LogFile(path);
  let written = 0;
  const work = async (to: number, from: number): Promise<void> => {
    fileSystem.truncate(to, 0);
    for (const { position, bytes } of ranges) {
      for (let at = 0; at < bytes; at += CHUNK_BYTES) {
        const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, bytes - at));
        await readAllLater(fileSystem, from, chunk, position + at);
        await writeAllLater(fileSystem, to, chunk, written);
        written += chunk.length;
      }
    }
    await synced(fileSystem, to);
  };
  descriptors.make(target);
  try {
    await descriptors.use(target, to => descriptors.use(segment.file, from => work(to, from)));
  } finally {
    descriptors.forget(target);
  }
}
