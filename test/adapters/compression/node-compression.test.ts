import { gzipSync } from 'node:zlib';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import { afterEach, describe, expect, it } from 'vitest';
import { NodeCompression } from '../../../src/adapters/compression/node-compression.ts';
import { Lz4 } from '../../../src/adapters/compression/lz4.ts';
import { Snappy } from '../../../src/adapters/compression/snappy.ts';
import type { Codec } from '../../../src/domain/model/log/codec.ts';
import { CompressionError } from '../../../src/ports/compression.ts';
import { lehmer, sample, type SampleKind } from './samples.ts';

const compression = new NodeCompression();
const NATIVE = ['gzip', 'snappy', 'lz4'] as const satisfies Codec[];
const LIMIT = 64 * 1024 * 1024;
const KINDS: readonly SampleKind[] = ['text', 'noise', 'zeros', 'mixed'];
const SIZES = [1, 100, 32_768, 65_536, 65_537, 300_000];

/** The code of the CompressionError that this must reject with; anything else is a failure of its own. */
async function codeOf(work: Promise<Buffer>): Promise<string> {
  const outcome = await work.then(
    bytes => `${bytes.length} bytes`,
    (error: unknown) => error,
  );
  return outcome instanceof CompressionError ? outcome.code : String(outcome);
}

describe.each(NATIVE)('%s', codec => {
  it.each(KINDS)('gives back %s of every size', async kind => {
    for (const size of SIZES) {
      const plain = sample(kind, size);
      const packed = await compression.compress(codec, plain);
      expect((await compression.decompress(codec, packed, LIMIT)).equals(plain)).toBe(true);
    }
  });

  it('takes output of exactly the bound, and refuses one byte more', async () => {
    for (const size of SIZES) {
      const packed = await compression.compress(codec, sample('mixed', size));
      expect((await compression.decompress(codec, packed, size)).length).toBe(size);
      expect(await codeOf(compression.decompress(codec, packed, size - 1))).toBe('too-large');
    }
  });

  it('takes any safe integer as the bound', async () => {
    const packed = await compression.compress(codec, sample('zeros', 200_000));
    const plain = await compression.decompress(codec, packed, Number.MAX_SAFE_INTEGER);
    expect(plain.length).toBe(200_000);
  });

  it('stops a bomb', async () => {
    const bomb = await compression.compress(codec, Buffer.alloc(48 * 1024 * 1024));
    const before = process.memoryUsage().arrayBuffers;
    expect(await codeOf(compression.decompress(codec, bomb, 1024 * 1024))).toBe('too-large');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  });

  it('calls input that is cut at any length corrupt', async () => {
    const packed = await compression.compress(codec, sample('mixed', 900));
    for (let length = 0; length < packed.length; length++) {
      // The framing of snappy-java has no end mark: its header alone is a stream of nothing.
      if (codec === 'snappy' && length === 16) continue;
      const cut = packed.subarray(0, length);
      expect([length, await codeOf(compression.decompress(codec, cut, LIMIT))]).toEqual([
        length,
        'corrupt',
      ]);
    }
  });

  it('answers damaged input within the bound, or with corrupt or too-large', async () => {
    const seed = 20_261_121;
    const random = lehmer(seed);
    const packed = await compression.compress(codec, sample('mixed', 700));
    for (let round = 0; round < 400; round++) {
      const damaged = Buffer.from(packed);
      for (let i = 0; i <= random() % 4; i++) damaged[random() % damaged.length] = random() & 255;
      const outcome = await codeOf(compression.decompress(codec, damaged, 4096));
      expect(outcome, `seed ${seed} round ${round}`).toMatch(/^(corrupt|too-large|\d+ bytes)$/);
    }
  });
});

describe('framings of clients', () => {
  it('reads one raw snappy block, as librdkafka writes', async () => {
    for (const size of SIZES) {
      const plain = sample('text', size);
      const packed = compressSync(plain);
      expect((await compression.decompress('snappy', packed, LIMIT)).equals(plain)).toBe(true);
    }
  });

  it('writes the framing of snappy-java in chunks of 32 KiB', async () => {
    const packed = await compression.compress('snappy', sample('text', 40_000));
    expect(packed.subarray(0, 16).toString('hex')).toBe('82534e41505059000000000100000001');
    const first = packed.readInt32BE(16);
    const second = packed.readInt32BE(20 + first);
    expect(16 + 4 + first + 4 + second).toBe(packed.length);
  });

  it('reads two snappy-java streams in a row', async () => {
    const [a, b] = [sample('text', 500), sample('mixed', 500)];
    const streams = [
      await compression.compress('snappy', a),
      await compression.compress('snappy', b),
    ];
    const plain = await compression.decompress('snappy', Buffer.concat(streams), LIMIT);
    expect(plain.equals(Buffer.concat([a, b]))).toBe(true);
  });

  it('reads lz4 frames with checksums, and what follows a frame is not looked at', async () => {
    const plain = sample('mixed', 200_000);
    const frame = compressFrameSync(plain, { contentChecksum: true, blockChecksums: true });
    const packed = Buffer.concat([frame, Buffer.from('more')]);
    expect((await compression.decompress('lz4', packed, LIMIT)).equals(plain)).toBe(true);
  });

  it('measures an lz4 frame whose blocks could hold more than they do', async () => {
    // 40 incompressible bytes and a run: by its block's size alone the frame could make 64 KiB.
    const plain = Buffer.concat([sample('noise', 300), Buffer.alloc(700)]);
    const packed = compressFrameSync(plain);
    expect((await compression.decompress('lz4', packed, 1000)).equals(plain)).toBe(true);
    expect(await codeOf(compression.decompress('lz4', packed, 999))).toBe('too-large');
  });

  it('reads two gzip members in a row', async () => {
    const packed = Buffer.concat([gzipSync('one,'), gzipSync('two')]);
    expect((await compression.decompress('gzip', packed, LIMIT)).toString()).toBe('one,two');
  });

  it('passes uncompressed bytes through, within the bound', async () => {
    const bytes = Buffer.from('plain');
    expect(await compression.decompress('none', bytes, 5)).toBe(bytes);
    expect(await codeOf(compression.decompress('none', bytes, 4))).toBe('too-large');
  });
});

describe('a bomb is stopped before the library sees it', () => {
  let calls = 0;
  const never = (): never => {
    calls += 1;
    throw new Error('the library was called');
  };
  afterEach(() => expect(calls).toBe(0));

  it('snappy, raw and framed', async () => {
    const library = { uncompress: never, uncompressSync: never, compressSync: never };
    const guarded = new NodeCompression(new Snappy(async () => library));
    const raw = compressSync(Buffer.alloc(1024 * 1024));
    const framed = await compression.compress('snappy', Buffer.alloc(1024 * 1024));
    for (const bomb of [raw, framed]) {
      expect(await codeOf(guarded.decompress('snappy', bomb, 30_000))).toBe('too-large');
    }
  });

  it('snappy that claims more than any block of its size can hold', async () => {
    const library = { uncompress: never, uncompressSync: never, compressSync: never };
    const guarded = new NodeCompression(new Snappy(async () => library));
    const lie = Buffer.from([0xff, 0xff, 0xff, 0x1f, 1, 2, 3]); // 64 MiB in 7 bytes
    expect(await codeOf(guarded.decompress('snappy', lie, LIMIT))).toBe('corrupt');
  });

  it('lz4', async () => {
    const library = { compressFrame: never, decompressFrame: never, decompressFrameSync: never };
    const guarded = new NodeCompression(new Snappy(), new Lz4(async () => library));
    const bomb = compressFrameSync(Buffer.alloc(1024 * 1024));
    expect(await codeOf(guarded.decompress('lz4', bomb, 1024 * 1024 - 1))).toBe('too-large');
  });
});

describe('without the optional packages', () => {
  const absent = (): Promise<never> => Promise.reject(new Error('ERR_MODULE_NOT_FOUND'));
  const bare = new NodeCompression(new Snappy(absent), new Lz4(absent));

  it.each([
    ['snappy', /npm install snappy/],
    ['lz4', /npm install lz4-napi/],
  ] as const)('%s says what to install', async (codec, advice) => {
    for (const work of [
      bare.decompress(codec, Buffer.alloc(9), 9),
      bare.compress(codec, Buffer.alloc(9)),
    ]) {
      const error = await work.then(null, (e: unknown) => e);
      expect(error).toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(advice) as string,
      });
    }
  });

  it('gzip still works', async () => {
    const packed = await bare.compress('gzip', Buffer.from('here'));
    expect((await bare.decompress('gzip', packed, 4)).toString()).toBe('here');
  });
});
