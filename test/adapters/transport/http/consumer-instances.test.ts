import { beforeEach, describe, expect, test } from 'vitest';
import {
  ConsumerInstances,
  type ConsumerInstance,
} from '../../../../src/adapters/transport/http/rest-v2/consumer-instances.ts';
import { HttpError } from '../../../../src/adapters/transport/http/http-errors.ts';
import { ReaderCore, type TestReader } from '../../../support/reader-core.ts';
import { isAnswered, quiet } from '../../../support/virtual-time.ts';

const IDLE_MS = 300_000;

let core: ReaderCore;
let instances: ConsumerInstances;

beforeEach(async () => {
  core = await ReaderCore.start();
  instances = new ConsumerInstances(core.time, IDLE_MS);
  await core.groups.core.topic('orders');
  await core.records.produce('a', 'b');
});

function add(name: string, group = 'g'): TestReader {
  const reader = core.reader({ groupId: group });
  const instance: ConsumerInstance = {
    ...{ group, name, format: 'json', reader: reader.it },
    ...{ requestTimeoutMs: 0, minBytes: 1 },
  };
  instances.add(instance);
  return reader;
}

const use = (name: string, work: (instance: ConsumerInstance) => Promise<unknown>) =>
  instances.use('g', name, work);

/** The codes that an instance is refused with; null when it is served. */
async function refusal(work: () => unknown): Promise<number | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof HttpError) return error.errorCode;
    throw error;
  }
}

describe('names', () => {
  test('are taken once in a group', async () => {
    add('one');
    expect(await refusal(() => add('one'))).toBe(40902);
    add('one', 'another group');
    await instances.remove('g', 'one');
    add('one');
  });

  test('that nobody has are not there', async () => {
    expect(await refusal(() => use('one', async () => undefined))).toBe(40403);
    expect(await refusal(() => instances.remove('g', 'one'))).toBe(40403);
  });

  test('are not too many', async () => {
    for (let at = 0; at < 1000; at++) add(`${at}`);
    expect(await refusal(() => add('one more'))).toBe(50301);
    await instances.closeAll();
    add('one more');
  });
});

describe('expiry', () => {
  test('an instance that nobody asks for leaves its group, and commits nothing', async () => {
    const reader = await add('one').subscribe('orders');
    expect(await use('one', () => reader.read())).toBe('0:a 0:b');
    await core.pass(IDLE_MS - 1, 5000);
    expect(await refusal(() => use('one', async () => undefined))).toBeNull();
    await core.pass(IDLE_MS, 5000);
    expect(await refusal(() => use('one', async () => undefined))).toBe(40403);
    const [answer] = await core.groups.describeConsumerGroups.execute(['g']);
    expect(answer!.group!.members).toEqual([]);
    expect(await core.groups.committed()).toBe(-1);
  });

  test('does not come while it is used', async () => {
    add('one');
    let end = (): void => undefined;
    const using = use('one', () => new Promise<void>(resolve => (end = resolve)));
    await core.pass(2 * IDLE_MS, 100_000);
    expect(await isAnswered(using)).toBe(false);
    end();
    await using;
    expect(await refusal(() => use('one', async () => undefined))).toBeNull();
  });
});

describe('requests', () => {
  test('are served one after the other, one that fails too', async () => {
    add('one');
    const order: string[] = [];
    const first = use('one', async () => {
      await quiet();
      order.push('first');
      throw new Error('failed');
    });
    const second = use('one', async () => void order.push('second'));
    await expect(first).rejects.toThrow('failed');
    await second;
    expect(order).toEqual(['first', 'second']);
  });

  test('that come after it was deleted are refused, and the one under way is told', async () => {
    add('one');
    let gone: AbortSignal | null = null;
    const waiting = instances.use('g', 'one', (_, signal) => {
      gone = signal;
      return new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
    });
    const queued = refusal(() => use('one', async () => undefined));
    await quiet();
    expect(gone!.aborted).toBe(false);
    await instances.remove('g', 'one');
    await waiting;
    expect(await queued).toBe(40403);
  });

  test('a delete commits what was read, and lets its name go at once', async () => {
    const reader = await add('one').subscribe('orders');
    await use('one', () => reader.read());
    const removed = instances.remove('g', 'one');
    add('one');
    await removed;
    expect(await core.groups.committed()).toBe(2);
  });
});

test('when all are closed no timer is left', async () => {
  await (await core.reader().subscribe('orders')).it.close();
  const before = core.time.pending;
  await add('one').subscribe('orders');
  add('two');
  await instances.closeAll();
  expect(core.time.pending).toBe(before);
});
