const LOWEST = -0x8000_0000;

/** The partition of the offsets topic that keeps a group (GroupCoordinatorService.partitionFor). */
export function partitionFor(groupId: string, partitionCount: number): number {
  const hash = javaHash(groupId);
  // As Kafka's Utils.abs: the lowest number has no positive one.
  return (hash === LOWEST ? 0 : Math.abs(hash)) % partitionCount;
}

/** Java's String.hashCode, a signed 32-bit number. */
function javaHash(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) {
    hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  }
  return hash;
}
