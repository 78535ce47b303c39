import { describe, expect, test } from 'vitest';
import {
  FetchSession,
  type FetchPartition,
} from '../../../src/domain/model/fetch/fetch-session.ts';
import { textTable } from '../../support/text-table.ts';

function wanted(partition: number, fetchOffset = 0): FetchPartition {
  const unsaid = { maxBytes: 100, currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
  return { topic: 'orders', topicId: null, partition, fetchOffset, ...unsaid };
}

function answerOf(partition: number, state: Record<string, string>) {
  return {
    topic: 'orders',
    topicId: null,
    partition,
    error: state['error'] ? ('KAFKA_STORAGE_ERROR' as const) : null,
    highWatermark: Number(state['hw']),
    logStartOffset: Number(state['start']),
    recordBytes: Number(state['bytes'] ?? 0),
    diverging: state['diverging'] !== undefined,
  };
}

/** `hw=1 start=0 error` as a record. */
function stateOf(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(' ').map(word => {
      const [name, value = 'yes'] = word.split('=');
      return [name!, value];
    }),
  );
}

describe('a fetch session', () => {
  // CachedPartition.maybeUpdateResponseData
  test.each(
    textTable(`
      hw=5 start=0            | hw=5 start=0           | nothing | nothing has changed
      hw=5 start=0            | hw=5 start=0 bytes=9   | news    | there are records
      hw=5 start=0            | hw=6 start=0           | news    | the high watermark moved
      hw=5 start=0            | hw=5 start=1           | news    | the log start offset moved
      hw=5 start=0            | hw=5 start=0 diverging | news    | the client must truncate
      hw=5 start=0            | hw=-1 start=-1 error   | news    | it fails
      hw=-1 start=-1 error    | hw=-1 start=-1 error   | news    | it still fails
      hw=5 start=0 error      | hw=5 start=0           | news    | it fails no more
    `),
  )('after %s, %s is %s: %s', (before, after, news) => {
    const session = new FetchSession(1, false, 0);
    session.update([wanted(0)], []);
    expect(session.hasNews(answerOf(0, stateOf(before)))).toBe(true);
    expect(session.hasNews(answerOf(0, stateOf(after)))).toBe(news === 'news');
  });

  test('puts a partition that gave records last', () => {
    const session = new FetchSession(1, false, 0);
    session.update([wanted(0), wanted(1), wanted(2)], []);
    session.hasNews(answerOf(0, stateOf('hw=5 start=0 bytes=10')));
    session.hasNews(answerOf(1, stateOf('hw=5 start=0')));
    expect(session.partitions().map(({ partition }) => partition)).toEqual([1, 2, 0]);
  });

  test('keeps the place of a partition that is asked for anew, and takes its new offset', () => {
    const session = new FetchSession(1, false, 0);
    session.update([wanted(0), wanted(1)], []);
    session.update([wanted(0, 7), wanted(2)], [{ topic: 'orders', topicId: null, partition: 1 }]);
    const kept = session.partitions().map(({ partition, fetchOffset }) => [partition, fetchOffset]);
    expect(kept).toEqual([
      [0, 7],
      [2, 0],
    ]);
  });
});
