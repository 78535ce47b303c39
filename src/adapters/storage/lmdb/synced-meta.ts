import {
  closeSync,
  constants,
  existsSync,
  fdatasync,
  fdatasyncSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';

/** Of the pages that LMDB writes; its first two hold the roots of the last two transactions. */
export const PAGE_BYTES = 4096;
export const META_BYTES = 2 * PAGE_BYTES;

/**
 *     0 crc uint32, over all that follows        12 boot, 48 bytes of text, padded with zeros
 *     4 sequence, float64                        60 both meta pages
 */
const SEQUENCE_AT = 4;
const BOOT_AT = 12;
const BOOT_BYTES = 48;
const PAGES_AT = BOOT_AT + BOOT_BYTES;
const SLOT_BYTES = PAGES_AT + META_BYTES;
/** Far enough apart that no page of a disk holds parts of both. */
const SLOT_STRIDE = 4 * PAGE_BYTES;

interface Slot {
  readonly sequence: number;
  readonly boot: string;
  readonly pages: Buffer;
}

const synced = promisify(fdatasync);

/**
 * LMDB's meta pages as they were when all that they lead to was on stable storage. Between two syncs the kernel may write pages
 * in any order, a meta page before what it points to: only what lies here can be trusted once the machine has lost its memory.
 * Two slots take turns, so that one is always whole.
 */
export class SyncedMeta {
  readonly #fd: number;
  readonly #boot: string | null;
  #sequence: number;
  #latest: Slot | null;

  /** `boot` names this start of the machine; null if nobody knows. */
  static open(directory: string, boot: string | null): SyncedMeta {
    const fd = openSync(join(directory, 'synced-meta'), constants.O_RDWR | constants.O_CREAT);
    const slots = [slotAt(fd, 0), slotAt(fd, SLOT_STRIDE)].filter(slot => slot !== null);
    slots.sort((a, b) => b.sequence - a.sequence);
    return new SyncedMeta(fd, boot, slots[0] ?? null);
  }

  private constructor(fd: number, boot: string | null, latest: Slot | null) {
    this.#fd = fd;
    this.#boot = boot;
    this.#latest = latest;
    this.#sequence = latest?.sequence ?? 0;
  }

  /** Whether what is written, but not synced, outlives this process and is known to have done so. */
  get trustsPageCache(): boolean {
    return this.#boot !== null;
  }

  /** Puts the pages back, durably, unless the machine has been up since they were recorded. True if it did. */
  restore(file: string): boolean {
    const slot = this.#latest;
    this.#latest = null;
    if (slot === null || slot.boot === this.#boot || !existsSync(file)) return false;
    const fd = openSync(file, 'r+');
    writeSync(fd, slot.pages, 0, META_BYTES, 0);
    fdatasyncSync(fd);
    closeSync(fd);
    return true;
  }

  /** Resolves when these pages are what a power failure would fall back to. One call at a time. */
  async record(pages: Buffer): Promise<void> {
    this.#sequence += 1;
    const bytes = Buffer.alloc(SLOT_BYTES);
    bytes.writeDoubleBE(this.#sequence, SEQUENCE_AT);
    bytes.write(this.#boot ?? '', BOOT_AT, BOOT_BYTES, 'latin1');
    pages.copy(bytes, PAGES_AT, 0, META_BYTES);
    bytes.writeUInt32BE(crc32(bytes.subarray(SEQUENCE_AT)), 0);
    writeSync(this.#fd, bytes, 0, SLOT_BYTES, (this.#sequence % 2) * SLOT_STRIDE);
    await synced(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function slotAt(fd: number, position: number): Slot | null {
  const bytes = Buffer.alloc(SLOT_BYTES);
  if (readSync(fd, bytes, 0, SLOT_BYTES, position) < SLOT_BYTES) return null;
  if (bytes.readUInt32BE(0) !== crc32(bytes.subarray(SEQUENCE_AT))) return null;
  return {
    sequence: bytes.readDoubleBE(SEQUENCE_AT),
    boot: bytes.toString('latin1', BOOT_AT, PAGES_AT).replaceAll('\0', ''),
    pages: bytes.subarray(PAGES_AT),
  };
}
