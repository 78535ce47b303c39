import type { GroupTopics } from './environment.ts';

/**
 * One number for everything about topics that an assignment depends on: 64 bits, signed, 0 when none of the topics exists.
 * It is compared with itself alone, so it need not be Kafka's (Utils.computeGroupHash): a group that comes from Kafka is
 * assigned once more.
 */
export function metadataHash(names: Iterable<string>, topics: GroupTopics): bigint {
  let high = 0;
  let low = 0;
  for (const name of names) {
    const topic = topics.topicNamed(name);
    if (!topic) continue;
    const text = `${topic.id} ${topic.name} ${topic.partitionCount}`;
    // Sums do not depend on the order of the topics.
    high = (high + hash32(text, 0x9747b28c)) | 0;
    low = (low + hash32(text, 0x3c6ef372)) | 0;
  }
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

/** FNV-1a over UTF-16 units, with the finish of murmur3. */
function hash32(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
