import { randomBytes, randomInt } from 'node:crypto';
import type { Random } from '../../ports/random.ts';

const UUID_BYTES = 16;

/** Randomness from the operating system. */
export class NodeRandom implements Random {
  /** A version 4 UUID (RFC 9562). Like Kafka's Uuid.randomUuid it never begins with '-', which command lines take for a flag. */
  uuid(): string {
    const bytes = randomBytes(UUID_BYTES);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const text = bytes.toString('base64url');
    return text.startsWith('-') ? this.uuid() : text;
  }

  integer(bound: number): number {
    return randomInt(bound);
  }
}
