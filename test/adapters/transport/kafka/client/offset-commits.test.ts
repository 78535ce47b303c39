import { expect, test } from 'vitest';
import { OffsetCommits } from '../../../../../src/adapters/transport/kafka/client/offset-commits.ts';

test('commits one at a time, and what came meanwhile as one', async () => {
  const committed: [number, number][][] = [];
  const answers: (() => void)[] = [];
  const commits = new OffsetCommits(offsets => {
    committed.push([...offsets]);
    return new Promise<void>(resolve => answers.push(resolve));
  });
  commits.advance(new Map([[0, 1]]));
  commits.advance(new Map([[0, 2]]));
  commits.advance(new Map([[1, 7]]));
  commits.advance(new Map([[0, 3]]));
  expect(committed).toEqual([[[0, 1]]]);
  const settled = commits.settled();
  answers[0]!();
  await Promise.resolve().then(() => undefined);
  expect(committed).toEqual([
    [[0, 1]],
    [
      [0, 3],
      [1, 7],
    ],
  ]);
  answers[1]!();
  await settled;
  commits.advance(new Map([[0, 4]]));
  expect(committed[2]).toEqual([[0, 4]]);
  answers[2]!();
  await commits.settled();
});

test('tells the reader that a commit failed', async () => {
  const failure = new Error('refused');
  const commits = new OffsetCommits(() => Promise.reject(failure));
  commits.advance(new Map([[0, 1]]));
  await expect(commits.settled()).rejects.toBe(failure);
  expect(() => commits.advance(new Map([[0, 2]]))).toThrow(failure);
});
