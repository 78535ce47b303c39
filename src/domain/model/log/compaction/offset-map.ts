/** At least 16 bytes that no two keys in practice share; read before the next call. */
export type KeyDigest = (key: Buffer) => Buffer;

/** Four words of digest and an offset. */
const ENTRY_BYTES = 24;
const DIGEST_WORDS = 4;
/** How full the table may become: beyond it linear probing takes long. */
const LOAD_FACTOR = 0.75;
const SLOTS_MIN = 4;

/** What a map for so many keys takes. */
export function offsetMapBytes(keys: number): number {
  return (Math.ceil(keys / LOAD_FACTOR) + 1) * ENTRY_BYTES;
}

/**
 * The last offset of each key, in bounded memory (Kafka's SkimpyOffsetMap): digests stand for keys, so two keys with the same 128
 * bits would be taken for one, as in Kafka.
 */
export class OffsetMap {
  readonly #digest: KeyDigest;
  readonly #slots: number;
  readonly #capacity: number;
  readonly #words: Int32Array;
  /** The offset + 1; 0 in a slot that is free. */
  readonly #offsets: Float64Array;
  readonly #wanted = new Int32Array(DIGEST_WORDS);
  #size = 0;

  /** Takes no more than `maxBytes`, and no more than `maxKeys` keys need. */
  constructor(maxBytes: number, maxKeys: number, digest: KeyDigest) {
    const affordable = Math.floor(maxBytes / ENTRY_BYTES);
    const needed = offsetMapBytes(maxKeys) / ENTRY_BYTES;
    this.#digest = digest;
    this.#slots = Math.max(SLOTS_MIN, Math.min(affordable, needed));
    this.#capacity = Math.floor(this.#slots * LOAD_FACTOR);
    this.#words = new Int32Array(this.#slots * DIGEST_WORDS);
    this.#offsets = new Float64Array(this.#slots);
  }

  /** How many keys it holds. */
  get size(): number {
    return this.#size;
  }

  /** False when the key is new and there is no room for it. */
  put(key: Buffer, offset: number): boolean {
    const slot = this.#find(key);
    if (this.#offsets[slot] === 0) {
      if (this.#size >= this.#capacity) return false;
      this.#words.set(this.#wanted, slot * DIGEST_WORDS);
      this.#size += 1;
    }
    this.#offsets[slot] = offset + 1;
    return true;
  }

  /** -1 for a key that it does not hold. */
  get(key: Buffer): number {
    return this.#offsets[this.#find(key)]! - 1;
  }

  /** The slot that holds the key, or the free one where it would go: there is always a free one. */
  #find(key: Buffer): number {
    const wanted = this.#wanted;
    const digest = this.#digest(key);
    for (let at = 0; at < DIGEST_WORDS; at++) wanted[at] = digest.readInt32LE(at * 4);
    let slot = (wanted[0]! >>> 0) % this.#slots;
    while (this.#offsets[slot] !== 0 && !this.#isAt(slot)) slot = (slot + 1) % this.#slots;
    return slot;
  }

  #isAt(slot: number): boolean {
    const at = slot * DIGEST_WORDS;
    for (let word = 0; word < DIGEST_WORDS; word++) {
      if (this.#words[at + word] !== this.#wanted[word]) return false;
    }
    return true;
  }
}
