/** Bytes that are the same in every run, so that a fixture need only hold their compressed form. */
export type SampleKind = 'text' | 'noise' | 'zeros' | 'mixed';

const WORDS = ['record', 'batch', 'offset', 'epoch', 'leader', 'commit', 'segment', 'broker'];

export function sample(kind: SampleKind, size: number): Buffer {
  const random = lehmer(size + 7);
  if (kind === 'zeros') return Buffer.alloc(size);
  if (kind === 'noise') return Buffer.from(Array.from({ length: size }, () => random() & 255));
  const lines: string[] = [];
  for (let length = 0; length < size;) {
    const word = WORDS[random() % WORDS.length]!;
    const line = kind === 'text' ? `${word} ` : `${word}=${random().toString(36)};`;
    lines.push(line);
    length += line.length;
  }
  return Buffer.from(lines.join('').slice(0, size));
}

/** A seeded source of integers below 2^31 (Lehmer; Park and Miller). */
export function lehmer(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => (state = (state * 48_271) % 2_147_483_647);
}
