import { describe, expect, test } from 'vitest';
import { BufferPool } from '../../../../src/adapters/transport/kafka/buffer-pool.ts';

const MIB = 1024 * 1024;

describe('BufferPool', () => {
  test.each([
    [0, 1024],
    [1, 1024],
    [1024, 1024],
    [1025, 2048],
    [65_536, 65_536],
    [65_537, 131_072],
    [MIB, MIB],
    [MIB + 1, MIB + 1],
  ])('%i bytes come in a buffer of %i', (bytes, size) => {
    expect(new BufferPool(MIB).take(bytes).length).toBe(size);
  });

  test('what was given back is taken again, and never by two', () => {
    const pool = new BufferPool(MIB);
    const first = pool.take(5000);
    pool.giveBack(first);
    expect(pool.idleBytes).toBe(8192);
    expect(pool.take(6000)).toBe(first);
    expect(pool.take(6000)).not.toBe(first);
    expect(pool.idleBytes).toBe(0);
  });

  test('idle buffers are bounded, and large ones are let go', () => {
    const pool = new BufferPool(10_000);
    pool.giveBack(pool.take(8192));
    const other = pool.take(1024);
    pool.giveBack(Buffer.allocUnsafeSlow(4096));
    expect(pool.idleBytes).toBe(8192);
    pool.giveBack(other);
    expect(pool.idleBytes).toBe(9216);
    const large = new BufferPool(10 * MIB);
    large.giveBack(large.take(MIB + 1));
    expect(large.idleBytes).toBe(0);
  });
});
