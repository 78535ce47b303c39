import { crc32c } from '@node-rs/crc32';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildBatch } from '../../../src/domain/model/log/batch-builder.ts';
import { ProducerState } from '../../../src/domain/model/log/producer-state.ts';
import type { RecordBatch } from '../../../src/domain/model/log/record-batch.ts';

const DAY_MS = 86_400_000;
const NOW = 1_700_000_000_000;

interface Sent {
  readonly id?: number;
  readonly epoch?: number;
  readonly sequence: number;
  readonly count?: number;
  readonly timestamp?: number;
}

function batchOf(sent: Sent, baseOffset = 0): RecordBatch {
  const record = { key: null, value: null, timestamp: sent.timestamp ?? NOW };
  const producer = { id: sent.id ?? 1, epoch: sent.epoch ?? 0, baseSequence: sent.sequence };
  const records = new Array<typeof record>(sent.count ?? 1).fill(record);
  return buildBatch(records, { producer, baseOffset }, bytes => crc32c(bytes));
}

/** A partition that has nothing but producers. */
class Log {
  readonly state = new ProducerState(() => DAY_MS);
  endOffset = 0;

  /** Kafka's short words: ok, dup@offset, order, epoch. */
  send(sent: Sent, now = NOW): string {
    const verdict = this.state.check(batchOf(sent), now);
    if (verdict.kind === 'duplicate') return `dup@${verdict.baseOffset}`;
    if (verdict.kind === 'refused') {
      return verdict.error === 'INVALID_PRODUCER_EPOCH' ? 'epoch' : 'order';
    }
    this.state.apply(batchOf(sent, this.endOffset), now);
    this.endOffset += sent.count ?? 1;
    return 'ok';
  }

  sendAll(...sequences: number[]): string[] {
    return sequences.map(sequence => this.send({ sequence }));
  }
}

describe('sequences', () => {
  it('go on without a gap', () => {
    const log = new Log();
    expect(log.send({ sequence: 0, count: 10 })).toBe('ok');
    expect(log.send({ sequence: 11 })).toBe('order');
    expect(log.send({ sequence: 9 })).toBe('order');
    expect(log.send({ sequence: 10 })).toBe('ok');
  });

  it('an exact repeat of one of the last five is a duplicate, an older one is out of order', () => {
    const log = new Log();
    log.sendAll(0, 1, 2, 3, 4, 5);
    expect(log.sendAll(5, 4, 3, 2, 1, 0)).toEqual([
      'dup@5',
      'dup@4',
      'dup@3',
      'dup@2',
      'dup@1',
      'order',
    ]);
    expect(log.send({ sequence: 6 })).toBe('ok');
  });

  it('are of no account without a producer id, which any negative one is', () => {
    const log = new Log();
    expect(log.send({ id: -2, sequence: 5 })).toBe('ok');
    expect(log.send({ id: -2, sequence: 5 })).toBe('ok');
    expect(log.state.size).toBe(0);
  });

  it('part of an earlier batch is no duplicate of it', () => {
    const log = new Log();
    log.send({ sequence: 0, count: 3 });
    expect(log.send({ sequence: 0, count: 2 })).toBe('order');
    expect(log.send({ sequence: 1, count: 2 })).toBe('order');
    expect(log.send({ sequence: 0, count: 3 })).toBe('dup@0');
  });

  it('after 2147483647 comes 0, also inside a batch', () => {
    const log = new Log();
    expect(log.send({ sequence: 2_147_483_647 })).toBe('ok');
    expect(log.send({ sequence: 0 })).toBe('ok');
    const wrapped = new Log();
    expect(wrapped.send({ sequence: 2_147_483_646, count: 5 })).toBe('ok');
    expect(wrapped.send({ sequence: 3 })).toBe('ok');
    expect(wrapped.send({ sequence: 2_147_483_646, count: 5 })).toBe('dup@0');
  });

  it('an unknown producer begins where it likes', () => {
    expect(new Log().send({ sequence: 77 })).toBe('ok');
  });

  it('of two producers have nothing to do with each other', () => {
    const log = new Log();
    expect(log.send({ id: 1, sequence: 0 })).toBe('ok');
    expect(log.send({ id: 2, sequence: 0 })).toBe('ok');
    expect(log.send({ id: 1, sequence: 1 })).toBe('ok');
  });

  it('a batch without a producer is never judged, nor remembered', () => {
    const log = new Log();
    expect(log.send({ id: -1, epoch: -1, sequence: -1 })).toBe('ok');
    expect(log.send({ id: -1, epoch: -1, sequence: -1 })).toBe('ok');
    expect(log.state.size).toBe(0);
  });
});

describe('epochs', () => {
  it('an older one is refused, a newer one begins at 0', () => {
    const log = new Log();
    expect(log.send({ epoch: 3, sequence: 8 })).toBe('ok');
    expect(log.send({ epoch: 2, sequence: 9 })).toBe('epoch');
    expect(log.send({ epoch: 4, sequence: 9 })).toBe('order');
    expect(log.send({ epoch: 4, sequence: 0 })).toBe('ok');
    expect(log.send({ epoch: 3, sequence: 8 })).toBe('epoch');
  });

  it('a batch of an earlier epoch is no duplicate in the new one', () => {
    const log = new Log();
    log.send({ epoch: 0, sequence: 0 });
    expect(log.send({ epoch: 1, sequence: 0 })).toBe('ok');
    expect(log.send({ epoch: 1, sequence: 0 })).toBe('dup@1');
  });
});

describe('a duplicate', () => {
  it('is answered with the first offset and the time of what is in the log', () => {
    const log = new Log();
    log.send({ id: 9, sequence: 0, count: 40 });
    log.send({ sequence: 5, count: 3, timestamp: NOW - 7 });
    const verdict = log.state.check(batchOf({ sequence: 5, count: 3 }), NOW);
    expect(verdict).toEqual({ kind: 'duplicate', baseOffset: 40, timestamp: NOW - 7 });
  });
});

describe('expiry', () => {
  it('forgets a producer whose last record is as old as the bound', () => {
    const log = new Log();
    log.send({ id: 1, sequence: 0, timestamp: NOW });
    log.send({ id: 2, sequence: 0, timestamp: NOW + 1 });
    log.state.expire(NOW + DAY_MS);
    expect(log.state.size).toBe(1);
    expect(log.send({ id: 1, sequence: 50 })).toBe('ok');
  });

  it('runs by itself every ten minutes, and not more often', () => {
    const log = new Log();
    log.send({ id: 1, sequence: 0 }, NOW);
    log.send({ id: 1, sequence: 1, timestamp: NOW - 2 * DAY_MS }, NOW + 599_999);
    expect(log.send({ id: 2, sequence: 0 }, NOW + 599_999)).toBe('ok');
    expect(log.state.size).toBe(2);
    log.send({ id: 2, sequence: 1 }, NOW + 600_000);
    expect(log.state.size).toBe(1);
  });
});

describe('truncation', () => {
  it('forgets what lay beyond, so that it can be sent again', () => {
    const log = new Log();
    log.sendAll(0, 1, 2, 3);
    log.state.truncateTo(2);
    log.endOffset = 2;
    expect(log.sendAll(3, 1, 2)).toEqual(['order', 'dup@1', 'ok']);
  });

  it('forgets a producer of whom nothing is left', () => {
    const log = new Log();
    log.sendAll(0, 1);
    log.state.truncateTo(0);
    expect(log.state.size).toBe(0);
  });
});

describe('a snapshot', () => {
  const filled = (): Log => {
    const log = new Log();
    for (let i = 0; i < 7; i++) log.send({ id: 2 ** 50 + 1, epoch: 32_767, sequence: i, count: 1 });
    log.send({ id: 3, sequence: 2_147_483_640, count: 9 });
    return log;
  };

  it('brings back all that is known, and replaces what was', () => {
    const log = filled();
    const restored = new Log();
    restored.send({ id: 44, sequence: 0 });
    expect(restored.state.restore(log.state.snapshot())).toBe(true);
    restored.endOffset = log.endOffset;
    expect(restored.state.size).toBe(2);
    for (const sent of [
      { id: 2 ** 50 + 1, epoch: 32_767, sequence: 1 },
      { id: 2 ** 50 + 1, epoch: 32_767, sequence: 2 },
      { id: 2 ** 50 + 1, epoch: 32_766, sequence: 7 },
      { id: 3, sequence: 2_147_483_640, count: 9 },
      { id: 3, sequence: 1 },
    ]) {
      expect(restored.send(sent)).toBe(log.send(sent));
    }
    expect(restored.state.snapshot().equals(log.state.snapshot())).toBe(true);
  });

  it('of nobody is a snapshot too', () => {
    expect(new Log().state.restore(new Log().state.snapshot())).toBe(true);
  });

  it('that is damaged in any byte, cut or too long is not taken', () => {
    const snapshot = filled().state.snapshot();
    const state = new ProducerState(() => DAY_MS);
    for (let at = 0; at < snapshot.length; at++) {
      const damaged = Buffer.from(snapshot);
      damaged[at]! ^= 0x40;
      expect([at, state.restore(damaged)]).toEqual([at, false]);
      expect([at, state.restore(snapshot.subarray(0, at))]).toEqual([at, false]);
    }
    expect(state.restore(Buffer.concat([snapshot, Buffer.alloc(1)]))).toBe(false);
    expect(state.size).toBe(0);
  });
});

describe('replay', () => {
  /** What a flaky connection makes of three producers: batches sent, repeated, skipped, and epochs bumped. */
  const traffic = fc.array(
    fc.record({
      id: fc.integer({ min: 1, max: 3 }),
      epoch: fc.integer({ min: 0, max: 1 }),
      sequence: fc.integer({ min: 0, max: 6 }),
      count: fc.integer({ min: 1, max: 2 }),
    }),
    { maxLength: 60 },
  );

  it('of what was appended gives the same state as live traffic', () => {
    fc.assert(
      fc.property(traffic, sent => {
        const live = new Log();
        const replayed = new ProducerState(() => DAY_MS);
        for (const one of sent) {
          const at = live.endOffset;
          if (live.send(one) === 'ok') replayed.apply(batchOf(one, at), NOW);
        }
        expect(replayed.snapshot().equals(live.state.snapshot())).toBe(true);
      }),
    );
  });

  it('never lets one sequence of an epoch into the log twice, while the producer is known', () => {
    fc.assert(
      fc.property(traffic, sent => {
        const log = new Log();
        const seen = new Set<string>();
        for (const one of sent) {
          if (log.send(one) !== 'ok') continue;
          for (let i = 0; i < one.count; i++) {
            const name = `${one.id}/${one.epoch}/${one.sequence + i}`;
            expect(seen.has(name)).toBe(false);
            seen.add(name);
          }
        }
      }),
    );
  });
});
