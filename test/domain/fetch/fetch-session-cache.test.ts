import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../../src/domain/model/error.ts';
import {
  FetchSessionCache,
  type FetchSessionRequest,
} from '../../../src/domain/model/fetch/fetch-session-cache.ts';
import { textTable } from '../../support/text-table.ts';

const EVICTION_MS = 1000;

function newCache(slots = 2): FetchSessionCache {
  let id = 0;
  return new FetchSessionCache(slots, EVICTION_MS, () => id++);
}

function refsOf(partitions: string) {
  const words = partitions.split(' ').filter(word => word !== '');
  return words.map(word => ({ topic: 'orders', topicId: null, partition: Number(word) }));
}

function request(
  sessionId: number,
  sessionEpoch: number,
  named: { fetch?: string; forget?: string; ids?: boolean } = {},
): FetchSessionRequest {
  const unsaid = { fetchOffset: 0, maxBytes: 1, currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
  const partitions = refsOf(named.fetch ?? '').map(ref => ({ ...ref, ...unsaid }));
  const forgotten = refsOf(named.forget ?? '');
  return { sessionId, sessionEpoch, partitions, forgotten, usesTopicIds: named.ids ?? false };
}

/** What a request gets: an error, or `session:epoch`, full or changes, and the partitions that are read. */
function answer(cache: FetchSessionCache, asked: FetchSessionRequest, nowMs = 0): string {
  try {
    const { session, epoch, full, partitions } = cache.begin(asked, nowMs);
    const read = partitions.map(({ partition }) => partition).join(' ');
    const name = session === null ? 'none' : `${session.id}:${epoch}`;
    return `${name} ${full ? 'full' : 'changes'} ${read}`.trim();
  } catch (error) {
    if (error instanceof BrokerError) return error.code;
    throw error;
  }
}

describe('fetch sessions', () => {
  // Each row: requests before, as `id:epoch fetch/forget`; the request; what it gets. FetchManager.newContext.
  test.each(
    textTable(`
                            | 0:-1 0 1   | none full 0 1               | no session is wanted
                            | 0:0 0 1    | 1:1 full 0 1                | a new session
                            | 0:0        | none full                   | a new one without partitions is none
                            | 0:0 0 0    | 1:1 full 0                  | a partition named twice is one
      0:0 0 1               | 1:1        | 1:2 changes 0 1             | goes on with what it had
      0:0 0 1               | 1:1 2      | 1:2 changes 0 1 2           | adds one
      0:0 0 1               | 1:1 /0     | 1:2 changes 1               | forgets one
      0:0 0 1               | 1:1 2 /0 1 | 1:2 changes 2               | adds and forgets
      0:0 0 1               | 1:1 /0 1   | none changes                | forgets all: the session ends
      0:0 0 1, 1:1 /0 1     | 1:2        | FETCH_SESSION_ID_NOT_FOUND  | after which it is not known
      0:0 0                 | 1:2        | INVALID_FETCH_SESSION_EPOCH | an epoch too far
      0:0 0, 1:1            | 1:1        | INVALID_FETCH_SESSION_EPOCH | a request repeated
      0:0 0, 1:1            | 1:2        | 1:3 changes 0               | the next
      0:0 0                 | 1:-2       | INVALID_FETCH_SESSION_EPOCH | no epoch at all
                            | 7:1        | FETCH_SESSION_ID_NOT_FOUND  | a session that never was
                            | 0:1        | FETCH_SESSION_ID_NOT_FOUND  | an epoch without a session
      0:0 0                 | 1:-1 0     | none full 0                 | ends it, with a last read
      0:0 0, 1:-1           | 1:1        | FETCH_SESSION_ID_NOT_FOUND  | after which it is not known
      0:0 0                 | 1:0 3      | 2:1 full 3                  | ends it and begins another
      0:0 0, 1:0 3          | 1:1        | FETCH_SESSION_ID_NOT_FOUND  | after which the first is not known
    `),
  )('%s then %s: %s, %s', (before, asked, expected) => {
    const cache = newCache();
    for (const one of before.split(',')) if (one !== '') answer(cache, parsed(one));
    expect(answer(cache, parsed(asked))).toBe(expected);
  });

  test('use names or ids, as they began', () => {
    const cache = newCache();
    answer(cache, request(0, 0, { fetch: '0', ids: true }));
    expect(answer(cache, request(1, 1))).toBe('FETCH_SESSION_TOPIC_ID_ERROR');
    expect(answer(cache, request(1, 1, { ids: true }))).toBe('1:2 changes 0');
  });

  test('count their epochs from 1 again after the largest', () => {
    const cache = newCache();
    const { session } = cache.begin(request(0, 0, { fetch: '0' }), 0);
    session!.epoch = 0x7fff_ffff;
    expect(answer(cache, request(1, 0x7fff_ffff))).toBe('1:1 changes 0');
    expect(answer(cache, request(1, 1))).toBe('1:2 changes 0');
  });

  test('never share an id, and never have id 0', () => {
    const ids = [-1, 4, 4, 4, 5];
    const cache = new FetchSessionCache(9, EVICTION_MS, () => ids.shift()!);
    expect(answer(cache, request(0, 0, { fetch: '0' }))).toBe('5:1 full 0');
    expect(answer(cache, request(0, 0, { fetch: '0' }))).toBe('6:1 full 0');
  });

  test('are refused, and the client served without, while all slots are in use', () => {
    const cache = newCache(1);
    answer(cache, request(0, 0, { fetch: '0' }));
    expect(answer(cache, request(0, 0, { fetch: '0 1' }), EVICTION_MS)).toBe('none full 0 1');
    expect(answer(cache, request(1, 1), EVICTION_MS)).toBe('1:2 changes 0');
    expect(cache.size).toBe(1);
  });

  test('are never made where there are no slots', () => {
    expect(answer(newCache(0), request(0, 0, { fetch: '0' }))).toBe('none full 0');
  });

  test('make room when they have been out of use for long: the one longest unused goes', () => {
    const cache = newCache(2);
    answer(cache, request(0, 0, { fetch: '0' }));
    answer(cache, request(0, 0, { fetch: '0' }), 1);
    answer(cache, request(1, 1), 10);
    const later = EVICTION_MS + 2;
    expect(answer(cache, request(0, 0, { fetch: '5' }), later)).toBe('3:1 full 5');
    expect(answer(cache, request(2, 1), later)).toBe('FETCH_SESSION_ID_NOT_FOUND');
    expect(answer(cache, request(1, 2), later)).toBe('1:3 changes 0');
  });

  test('make room for a larger one when they are not new, the smallest first', () => {
    const cache = newCache(2);
    answer(cache, request(0, 0, { fetch: '0 1 2' }));
    answer(cache, request(0, 0, { fetch: '0 1' }));
    answer(cache, request(1, 1), EVICTION_MS);
    answer(cache, request(2, 1), EVICTION_MS);
    const later = EVICTION_MS + 1;
    expect(answer(cache, request(0, 0, { fetch: '5 6' }), later)).toBe('none full 5 6');
    expect(answer(cache, request(0, 0, { fetch: '5 6 7' }), later)).toBe('3:1 full 5 6 7');
    expect(answer(cache, request(2, 2), later)).toBe('FETCH_SESSION_ID_NOT_FOUND');
    expect(answer(cache, request(1, 2), later)).toBe('1:3 changes 0 1 2');
  });
});

/** `id:epoch fetch/forget` */
function parsed(text: string): FetchSessionRequest {
  const [, id, epoch, fetch, forget] = /^\s*(\d+):(-?\d+) ?([\d ]*)\/?([\d ]*)$/.exec(text)!;
  return request(Number(id), Number(epoch), { fetch: fetch!, forget: forget! });
}
