import { hash } from 'node:crypto';
import type { Digest } from '../../ports/digest.ts';

/** OpenSSL's SHA-256: a short key takes a microsecond. */
export class Sha256 implements Digest {
  digest(bytes: Buffer): Buffer {
    return hash('sha256', bytes, 'buffer');
  }
}
