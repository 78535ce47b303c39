import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NodeCompression } from '../../../src/adapters/compression/node-compression.ts';
import { CompressionError } from '../../../src/ports/compression.ts';
import { lehmer, sample, type SampleKind } from './samples.ts';

interface Fixture {
  readonly name: string;
  readonly kind: SampleKind;
  readonly size: number;
  readonly frame: string;
}

const fixtures = JSON.parse(
  readFileSync(new URL('../../fixtures/zstd-frames.json', import.meta.url), 'utf8'),
) as { frames: Fixture[] };
const compression = new NodeCompression();
const LIMIT = 64 * 1024 * 1024;
const BLOCK = 128 * 1024;
/** A header without content size, with a window of 2 MiB. */
const HEADER = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58]);

function read(bytes: Buffer, maxBytes = LIMIT): Promise<Buffer> {
  return compression.decompress('zstd', bytes, maxBytes);
}

async function codeOf(work: Promise<Buffer>): Promise<string> {
  const outcome = await work.then(
    bytes => `${bytes.length} bytes`,
    (error: unknown) => error,
  );
  return outcome instanceof CompressionError ? outcome.code : String(outcome);
}

function block(kind: number, size: number, body: Buffer, last = true): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE((last ? 1 : 0) | (kind << 1) | (size << 3), 0, 3);
  return Buffer.concat([header, body]);
}

function frameOf(name: string): Buffer {
  const fixture = fixtures.frames.find(f => f.name === name);
  if (fixture === undefined) throw new Error(`no fixture ${name}`);
  return Buffer.from(fixture.frame, 'base64');
}

describe('frames of the reference encoder', () => {
  it.each(fixtures.frames)('$name', async ({ kind, size, frame }) => {
    const packed = Buffer.from(frame, 'base64');
    expect((await read(packed)).equals(sample(kind, size))).toBe(true);
    expect((await read(packed, size)).length).toBe(size);
    expect(await codeOf(read(packed, size - 1))).toBe('too-large');
  });

  it('several in a row, with a frame to skip between them', async () => {
    const skipped = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9]);
    const packed = Buffer.concat([frameOf('text 700 at -3'), skipped, frameOf('mixed 3000 at -9')]);
    const plain = Buffer.concat([sample('text', 700), sample('mixed', 3000)]);
    expect((await read(packed)).equals(plain)).toBe(true);
  });
});

describe('bad input', () => {
  it('cut at any length is corrupt', async () => {
    for (const name of ['text 700 at -3', 'mixed 3000 at -19', 'with content size']) {
      const packed = frameOf(name);
      for (let length = 0; length < packed.length; length++) {
        const code = await codeOf(read(packed.subarray(0, length)));
        expect([name, length, code]).toEqual([name, length, 'corrupt']);
      }
    }
  });

  it('damaged at random stays within the bound, or is corrupt or too large', async () => {
    const seed = 11_212_026;
    const random = lehmer(seed);
    for (let round = 0; round < 3000; round++) {
      const { frame } = fixtures.frames[1 + (random() % 12)]!;
      const damaged = Buffer.from(frame, 'base64');
      for (let i = 0; i <= random() % 3; i++) damaged[random() % damaged.length] = random() & 255;
      const outcome = await codeOf(read(damaged, 8192));
      expect(outcome, `seed ${seed} round ${round}`).toMatch(/^(corrupt|too-large|\d+ bytes)$/);
      const bytes = Number.parseInt(outcome, 10);
      if (!Number.isNaN(bytes)) expect(bytes).toBeLessThanOrEqual(8192);
    }
  });

  it('of 21 bytes that asks for gigabytes of copying is refused at once', async () => {
    // 98,047 sequences, by constant tables, of matches of 65,539 bytes: other readers are busy for minutes.
    const sequences = Buffer.from([0x00, 255, 255, 255, 0x54, 0, 0, 52, 1, 1, 1, 1]);
    const bomb = Buffer.concat([HEADER, block(2, sequences.length, sequences)]);
    const before = process.cpuUsage().user;
    expect(await codeOf(read(bomb))).toBe('corrupt');
    expect(process.cpuUsage().user - before).toBeLessThan(1_000_000);
  });

  it('whose block would be larger than a block may be is refused before it is made', async () => {
    // 98,047 matches of 34 bytes, which take no bits at all, of the 8 bytes before them.
    const sequences = Buffer.from([0x00, 255, 255, 255, 0x54, 0, 0, 31, 1]);
    const before = block(0, 8, Buffer.from('8 bytes.'), false);
    const bomb = Buffer.concat([HEADER, before, block(2, sequences.length, sequences)]);
    await expect(read(bomb)).rejects.toThrow('a block is larger than it may be');
  });

  it('is not what the smallest Huffman tree is', async () => {
    const body = Buffer.from([0x22, 0xc0, 0, 0x80, 0x10, 0x06, 0]); // two symbols of one bit: 1, 0
    const plain = await read(Buffer.concat([HEADER, block(2, body.length, body)]));
    expect(plain.toString('hex')).toBe('0100');
  });

  it('with a Huffman tree that never runs out of bits is refused', async () => {
    const weights = Buffer.from([0xf0, 0x03, 0x80]); // one symbol with all of the probability
    const literals = Buffer.from([0x82, 0, 2, weights.length, ...weights, 1, 1, 1, 1]);
    const frame = Buffer.concat([HEADER, block(2, literals.length, literals)]);
    expect(await codeOf(read(frame))).toBe('corrupt');
  });

  it.each([
    ['a match lies before the beginning', [0x08, 0x41, 1, 0x54, 0, 5, 0, 0x3f]],
    ['there is no table to use again', [0x08, 0x41, 1, 0xfc, 0x01]],
    ['a reserved bit is set', [0x08, 0x41, 1, 0x55, 0, 0, 0, 1]],
    ['bytes follow the last sequence', [0x08, 0x41, 0, 7]],
    ['there is no Huffman tree to use again', [0x13, 0x40, 0, 1, 0]],
    ['there is no such code', [0x08, 0x41, 1, 0x54, 40, 5, 0, 0x3f]],
    ['a sequence lacks literals', [0x08, 0x41, 1, 0x54, 9, 0, 0, 0x01]],
    ['sequences do not fill their stream', [0x08, 0x41, 1, 0x54, 1, 0, 0, 0xff]],
    ['literals are larger than their block', [0xf8, 0x41]],
    ['literals do not fill their stream', [0x22, 0xc0, 0, 0x80, 0x10, 0x0f, 0]],
  ])('%s', async (message, body) => {
    const bytes = Buffer.from(body);
    const frame = Buffer.concat([HEADER, block(2, bytes.length, bytes)]);
    await expect(read(frame)).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining(message) as string,
    });
  });

  it('a content size that is not what the frame holds', async () => {
    const packed = Buffer.concat([
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 6]),
      block(0, 5, Buffer.from('hello')),
    ]);
    expect(await codeOf(read(packed))).toBe('corrupt');
    packed[5] = 5;
    expect((await read(packed)).toString()).toBe('hello');
  });
});

describe('bombs', () => {
  /** 4 bytes for each 128 KiB of zeros. */
  function constantBlocks(count: number): Buffer {
    const blocks = Array.from({ length: count }, (_, i) => {
      return block(1, BLOCK, Buffer.from([0]), i === count - 1);
    });
    return Buffer.concat([HEADER, ...blocks]);
  }

  it('are stopped at the bound, with no more memory than that', async () => {
    const bomb = constantBlocks(80_000); // 320 KB that would be 10 GiB
    const before = process.memoryUsage().arrayBuffers;
    expect(await codeOf(read(bomb, 1024 * 1024))).toBe('too-large');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  });

  it('that say their size are refused by it', async () => {
    const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0x40]); // 1 GiB
    expect(await codeOf(read(Buffer.concat([header, block(1, BLOCK, Buffer.from([0]))])))).toBe(
      'too-large',
    );
  });

  it('a size that is claimed but not there takes no memory', async () => {
    const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0x03]); // 48 MiB
    const before = process.memoryUsage().arrayBuffers;
    expect(await codeOf(read(Buffer.concat([header, block(0, 1, Buffer.from('x'))])))).toBe(
      'corrupt',
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
  });

  it('large input lets the event loop turn', async () => {
    let turns = 0;
    let reading = true;
    const turn = (): void => {
      turns += 1;
      if (reading) setImmediate(turn);
    };
    setImmediate(turn);
    expect((await read(constantBlocks(128))).length).toBe(128 * BLOCK);
    reading = false;
    expect(turns).toBeGreaterThan(60);
  });
});
