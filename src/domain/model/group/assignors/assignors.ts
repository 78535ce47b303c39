import type { Assignor } from './assignor.ts';
import { assignRange } from './range.ts';
import { assignUniform } from './uniform.ts';

/** The assignors that there are, by Kafka's names; `group.consumer.assignors` says which of them are served. */
export const ASSIGNORS: ReadonlyMap<string, Assignor> = new Map<string, Assignor>([
  ['uniform', assignUniform],
  ['range', assignRange],
]);
