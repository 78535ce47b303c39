import { join } from 'node:path';
import type { Engine } from './engine.ts';
import { baseOffsetOf, indexedBaseOffset, isCleaned } from './partition-names.ts';
import { Segment } from './segment.ts';

/** The segments in a directory, ascending; what a rewrite or a removal has left half done is removed. */
export function segmentsFound({ fileSystem, clock }: Engine, directory: string): Segment[] {
  const names = fileSystem.list(directory);
  const bases = new Set(names.flatMap(name => baseOffsetOf(name) ?? []));
  for (const name of names) {
    const indexed = indexedBaseOffset(name);
    const isOrphan = indexed !== null && !bases.has(indexed);
    if (isOrphan || isCleaned(name)) fileSystem.remove(join(directory, name));
  }
  const ascending = [...bases].sort((a, b) => a - b);
  return ascending.map(base => new Segment(directory, base, clock.now()));
}
