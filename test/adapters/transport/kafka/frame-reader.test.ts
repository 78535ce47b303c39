import { describe, expect, test } from 'vitest';
import { BufferPool } from '../../../../src/adapters/transport/kafka/buffer-pool.ts';
import { FrameReader } from '../../../../src/adapters/transport/kafka/frame-reader.ts';
import { ProtocolError } from '../../../../src/adapters/transport/kafka/wire/protocol-error.ts';
import { framed } from '../../../support/raw-client.ts';
import { SeededRandom, seedOfRun } from '../../../support/seeded-random.ts';

const LIMIT = 1000;

/** Remembers what was taken and what came back. */
class WatchedPool extends BufferPool {
  readonly out = new Set<Buffer>();
  takenBytes = 0;

  override take(bytes: number): Buffer {
    const buffer = super.take(bytes);
    expect(this.out.has(buffer)).toBe(false);
    this.out.add(buffer);
    this.takenBytes += buffer.length;
    return buffer;
  }
  override giveBack(buffer: Buffer): void {
    expect(this.out.delete(buffer)).toBe(true);
    super.giveBack(buffer.fill(0xdd));
  }
}

/** A reader that copies each frame, and whose chunks are overwritten as soon as they were pushed. */
class Rig {
  readonly pool = new WatchedPool(1024 * 1024);
  readonly frames: Buffer[] = [];
  readonly reader: FrameReader;

  constructor(limit = LIMIT) {
    this.reader = new FrameReader(limit, this.pool, (buffer, start, end) =>
      this.frames.push(Buffer.from(buffer.subarray(start, end))),
    );
  }
  push(bytes: Buffer): void {
    const chunk = Buffer.from(bytes);
    this.reader.push(chunk);
    chunk.fill(0xee);
  }
}

const bodies = [1, 3, 4, 5, 70, 200].map((size, index) => Buffer.alloc(size, index + 1));
const stream = Buffer.concat(bodies.map(framed));

describe('FrameReader', () => {
  test('a stream cut in two at any byte gives the same frames', () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const rig = new Rig();
      rig.push(stream.subarray(0, cut));
      rig.push(stream.subarray(cut));
      expect(rig.frames).toEqual(bodies);
      expect(rig.reader.incomplete).toBe(false);
      expect(rig.pool.out.size).toBe(0);
    }
  });

  test.each([1, 2, 3, 7, 64])('pieces of %i bytes give the same frames', size => {
    const rig = new Rig();
    for (let at = 0; at < stream.length; at += size) rig.push(stream.subarray(at, at + size));
    expect(rig.frames).toEqual(bodies);
    expect(rig.pool.out.size).toBe(0);
  });

  test('random frames in random pieces', () => {
    const random = new SeededRandom(seedOfRun());
    for (let round = 0; round < 200; round++) {
      const sent = Array.from({ length: random.integer(20) }, () =>
        Buffer.alloc(1 + random.integer(random.pick([4, 100, 50_000])), random.integer(256)),
      );
      const bytes = Buffer.concat(sent.map(framed));
      const rig = new Rig(50_000);
      for (let at = 0; at < bytes.length;) {
        const size = 1 + random.integer(random.pick([5, 3000, 100_000]));
        rig.push(bytes.subarray(at, at + size));
        at += size;
      }
      const same =
        rig.frames.length === sent.length && sent.every((s, i) => s.equals(rig.frames[i]!));
      expect(same, `HEXLOG_SEED=${random.seed}, round ${round}`).toBe(true);
    }
  });

  test('frames that lie whole in a chunk are handed on in place, with no memory taken', () => {
    const pool = new WatchedPool(1024);
    const seen: Buffer[] = [];
    const reader = new FrameReader(LIMIT, pool, buffer => seen.push(buffer));
    const chunk = Buffer.from(stream);
    reader.push(chunk);
    expect(seen).toHaveLength(bodies.length);
    expect(seen.every(buffer => buffer === chunk)).toBe(true);
    expect(pool.takenBytes).toBe(0);
  });

  test('memory follows what was received, not what a length claims', () => {
    const claimed = 100 * 1024 * 1024;
    const rig = new Rig(claimed);
    const length = Buffer.alloc(4);
    length.writeInt32BE(claimed);
    rig.push(length);
    let received = 4;
    for (const size of [1, 1, 1000, 5000, 60_000, 300_000]) {
      rig.push(Buffer.alloc(size));
      received += size;
      const held = [...rig.pool.out].reduce((sum, buffer) => sum + buffer.length, 0);
      expect(held).toBeLessThanOrEqual(Math.max(1024, 4 * received));
      expect(rig.pool.out.size).toBe(1);
    }
    expect(rig.reader.incomplete).toBe(true);
    expect(rig.frames).toEqual([]);
  });

  test.each([
    ['0', 0],
    ['-1', -1],
    ['-2^31', -(2 ** 31)],
    ['one above the bound', LIMIT + 1],
    ['GET /', 1_195_725_856],
  ])('a length of %s is refused, whole or in pieces, before any byte of the frame', (_, length) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(length);
    expect(() => new Rig().push(bytes)).toThrow(ProtocolError);
    const rig = new Rig();
    rig.push(bytes.subarray(0, 3));
    expect(() => rig.push(bytes.subarray(3))).toThrow(ProtocolError);
    expect(rig.pool.takenBytes).toBeLessThanOrEqual(1024);
  });

  test('a frame of the largest size is taken, and those before a bad length as well', () => {
    const rig = new Rig();
    rig.push(framed(Buffer.alloc(LIMIT, 7)));
    expect(rig.frames[0]!.length).toBe(LIMIT);
    expect(() => rig.push(Buffer.concat([framed(bodies[1]!), Buffer.alloc(4)]))).toThrow(
      'a frame of 0 bytes',
    );
    expect(rig.frames[1]).toEqual(bodies[1]);
  });
});
