/** A digest of 16 bytes or more, in which nobody finds two inputs that are alike. */
export interface Digest {
  digest(bytes: Buffer): Buffer;
}
