/** CRC-32C (Castagnoli), as an unsigned 32-bit number. */
export interface Checksum {
  crc32c(bytes: Buffer): number;
}
