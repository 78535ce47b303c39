import { expect, test } from 'vitest';
import { LoopTurns } from '../../../../src/adapters/transport/kafka/loop-turns.ts';

/** Work that takes so long, seen by a clock that only it moves, and the turns of the loop in which each was done. */
class Works {
  readonly done: string[] = [];
  readonly turns = new LoopTurns(() => this.#nowMs);
  #nowMs = 0;
  #turn = 0;
  #counting = true;

  constructor() {
    const count = (): void => {
      this.#turn++;
      if (this.#counting) setImmediate(count);
    };
    setImmediate(count);
  }

  run(name: string, ms: number): Promise<string> {
    return this.turns.run(async () => {
      // A coordinator decides only after some promises.
      for (let awaits = 0; awaits < 5; awaits++) await Promise.resolve();
      this.#nowMs += ms;
      this.done.push(`${name}@${this.#turn}`);
      return name;
    });
  }

  [Symbol.dispose](): void {
    this.#counting = false;
  }
}

/** As far as a turn goes that does nothing new. */
const settled = () => new Promise<void>(resolve => process.nextTick(resolve));

test('what costs little goes on at once', async () => {
  using works = new Works();
  const names = await Promise.all(['a', 'b', 'c'].map(name => works.run(name, 3)));
  expect(names).toEqual(['a', 'b', 'c']);
  expect(works.done).toEqual(['a@0', 'b@0', 'c@0']);
});

test('what comes when the turn has lasted too long waits for later ones, each of them bounded', async () => {
  using works = new Works();
  const all: Promise<string>[] = [];
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
    all.push(works.run(name, 6));
    await settled();
  }
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  expect(works.done).toEqual(['a@0', 'b@0', 'c@1', 'd@1', 'e@2', 'f@2']);
});

test('nobody overtakes those who wait', async () => {
  using works = new Works();
  const first = works.run('a', 10);
  await settled();
  const second = works.run('b', 10);
  const waiting = works.run('c', 1);
  const later = second.then(() => works.run('d', 1));
  await Promise.all([first, waiting, later]);
  expect(works.done.map(one => one[0])).toEqual(['a', 'b', 'c', 'd']);
});

test('a new turn is as long as the one before', async () => {
  using works = new Works();
  await works.run('a', 10);
  await new Promise(resolve => setImmediate(resolve));
  const next = works.run('b', 1);
  await settled();
  expect(works.done).toEqual(['a@0', 'b@1']);
  expect(await next).toBe('b');
});

test('work that fails tells its own caller, and holds up nobody', async () => {
  using works = new Works();
  await works.run('a', 10);
  const failing = works.turns.run(() => Promise.reject(new Error('refused')));
  const next = works.run('b', 1);
  await expect(failing).rejects.toThrow('refused');
  expect(await next).toBe('b');
});
