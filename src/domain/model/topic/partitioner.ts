const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Puts the one to three bytes after the last whole word into the hash. */
function mixTail(hash: number, bytes: Uint8Array, at: number): number {
  const left = bytes.length - at;
  if (left === 0) return hash;
  let tail = bytes[at]!;
  if (left > 1) tail |= bytes[at + 1]! << 8;
  if (left > 2) tail |= bytes[at + 2]! << 16;
  return Math.imul(hash ^ tail, MULTIPLIER);
}

/** Murmur2 as Kafka's clients compute it (org.apache.kafka.common.utils.Utils.murmur2), as a signed 32-bit number. */
export function murmur2(bytes: Uint8Array): number {
  let hash = SEED ^ bytes.length;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    const scattered = Math.imul(wordAt(bytes, at), MULTIPLIER);
    const word = Math.imul(scattered ^ (scattered >>> 24), MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ word;
  }
  hash = mixTail(hash, bytes, at);
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}

/**
 * The partition of a record with this key: the same one that Kafka's own clients choose (BuiltInPartitioner.partitionForKey), so that
 * records of one key meet in one partition whoever writes them.
 */
export function partitionForKey(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fff_ffff) % partitionCount;
}
