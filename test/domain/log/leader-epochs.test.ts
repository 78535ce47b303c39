import { describe, expect, test } from 'vitest';
import {
  continued,
  endOffsetFor,
  withoutPrefix,
  type EpochStart,
} from '../../../src/domain/model/log/leader-epochs.ts';
import { textTable } from '../../support/text-table.ts';

/** `1@0 4@10`: epoch 1 begins at offset 0, epoch 4 at 10. */
function epochsOf(text: string): EpochStart[] {
  const entries = text.split(' ').filter(entry => entry !== '');
  return entries.map(entry => {
    const [epoch, startOffset] = entry.split('@').map(Number);
    return { epoch: epoch!, startOffset: startOffset! };
  });
}

const textOf = (epochs: readonly EpochStart[]): string =>
  epochs.map(({ epoch, startOffset }) => `${epoch}@${startOffset}`).join(' ');

// The cases are those of Kafka's LeaderEpochFileCacheTest.
describe('leader epochs', () => {
  test.each(
    textTable(`
                 | 2@10  | 2@10           | the first
      2@6        | 3@7   | 2@6 3@7        | a newer one
      2@6 3@7    | 4@7   | 2@6 4@7        | one that wrote nothing is dropped
      2@6        | 2@9   | 2@6            | the same epoch again goes on
      2@6 3@8    | 3@8   | 2@6 3@8        | the same epoch, when the log was cut where it begins
      2@6 3@8    | 3@7   | 2@6 3@7        | the same epoch, when the log was cut before it
      1@10 2@10  | 3@10  | 3@10           | all that wrote nothing are dropped
      2@6 3@8    | 4@5   | 4@5            | after the log was cut below all of them
      2@6 5@8    | 3@9   | 2@6 3@9        | an epoch that goes back takes the newer ones along
    `),
  )('%s and then %s are %s: %s', (before, next, after) => {
    const { epoch, startOffset } = epochsOf(next)[0]!;
    expect(textOf(continued(epochsOf(before), epoch, startOffset))).toBe(after);
  });

  test.each(
    textTable(`
      2@6 3@8 4@11 | 5  | 2@6 3@8 4@11 | below the first: nothing goes
      2@6 3@8 4@11 | 6  | 2@6 3@8 4@11 | at the first
      2@6 3@8 4@11 | 7  | 2@7 3@8 4@11 | inside the first: it begins there
      2@6 3@8 4@11 | 8  | 3@8 4@11     | at the second: the first goes
      2@6 3@8 4@11 | 9  | 3@9 4@11     | inside the second
      2@6 3@8 4@11 | 20 | 4@20         | beyond all: the latest stays
                   | 3  |              | of none
    `),
  )('%s without what is before %s are %s: %s', (before, offset, after) => {
    expect(textOf(withoutPrefix(epochsOf(before), Number(offset)))).toBe(after);
  });

  test.each(
    textTable(`
                     | 0  | -1 | -1  | nothing is known
      2@5            | -1 | -1 | -1  | nothing is asked
      2@5            | 2  | 2  | 100 | the latest ends where the log ends
      2@5            | 3  | -1 | -1  | newer than the latest
      5@10           | 4  | 4  | 10  | older than the first: it ended before
      2@5 4@10       | 3  | 2  | 10  | one that wrote nothing: the one below
      2@5 3@7 4@10   | 3  | 3  | 10  | it ends where the next begins
      2@5 3@7 4@10   | 2  | 2  | 7   | also the first
      2@5 3@7 4@10   | 0  | 0  | 5   | far before the first
    `),
  )('in %s epoch %s is %s, to %s: %s', (epochs, requested, epoch, endOffset) => {
    expect(endOffsetFor(epochsOf(epochs), Number(requested), 100)).toEqual({
      epoch: Number(epoch),
      endOffset: Number(endOffset),
    });
  });
});
