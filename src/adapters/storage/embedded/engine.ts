import type { Clock } from '../../../ports/clock.ts';
import type { GroupCommit } from './group-commit.ts';
import type { RowStore } from './row-store.ts';
import type { RunBuffers } from './run-buffers.ts';
import type { TailCache } from './tail-cache.ts';

/** What all logs of one store share. */
export interface Engine {
  readonly store: RowStore;
  readonly clock: Clock;
  readonly commits: GroupCommit;
  readonly buffers: RunBuffers;
  readonly tails: TailCache;
}
