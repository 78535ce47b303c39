import type { PartitionKey } from '../../../ports/log-storage.ts';

const NAME_CHARS_MAX = 200;
const DELETED = '.deleted';

/** `<topic>-<partition>.<topicId>`: the name is for people, the rest is the identity. */
export function directoryName(key: PartitionKey): string {
  const topic = key.topic.slice(0, NAME_CHARS_MAX).replaceAll(/[^\w.-]/g, '_');
  return `${topic}-${key.partition}.${key.topicId}`;
}

/** Identity of a log within a store. */
export function logId(key: { readonly topicId: string; readonly partition: number }): string {
  return `${key.partition}.${key.topicId}`;
}

/** A topic id may hold '-' and '_' but no '.', and a topic's name may hold all three: the last '.' divides. */
export function parseDirectoryName(name: string): { topicId: string; partition: number } | null {
  const match = /-(\d+)\.([\w-]{22})$/.exec(name);
  if (match === null) return null;
  return { partition: Number(match[1]), topicId: match[2]! };
}

/** What a directory is called while it is being deleted; one that is left over belongs to nobody. */
export function deletedName(name: string): string {
  return name + DELETED;
}
export function isDeleted(name: string): boolean {
  return name.endsWith(DELETED);
}

/** A log and its two indexes, and what a rewrite is going to put in the log's place. */
export type SegmentSuffix = 'log' | 'index' | 'timeindex' | 'log.cleaned';

/** Kafka's names: 20 digits of base offset. */
export function segmentFileName(baseOffset: number, suffix: SegmentSuffix): string {
  return `${digitsOf(baseOffset)}.${suffix}`;
}

/** Where the bytes are kept that were no batches, and lay at a position of a segment. */
export function damagedFileName(baseOffset: number, position: number): string {
  return `${digitsOf(baseOffset)}.${position}.damaged`;
}

export function baseOffsetOf(fileName: string): number | null {
  const match = /^(\d{20})\.log$/.exec(fileName);
  return match === null ? null : Number(match[1]);
}

/** What a file is called while it is written that will take the place of another. */
export function cleanedName(path: string): string {
  return `${path}.cleaned`;
}

/** What did not come to its end has left it. */
export function isCleaned(fileName: string): boolean {
  return fileName.endsWith('.cleaned');
}

/** The base offset in the name of an index; null when it is none. */
export function indexedBaseOffset(fileName: string): number | null {
  const match = /^(\d{20})\.(?:time)?index$/.exec(fileName);
  return match === null ? null : Number(match[1]);
}

function digitsOf(baseOffset: number): string {
  return String(baseOffset).padStart(20, '0');
}
