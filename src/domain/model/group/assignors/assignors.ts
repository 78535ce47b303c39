import type { Assignor } from './assignor.ts';
import { assignRange } from './range.ts';
import { assignUniform } from './uniform.ts';

/** The assignors that members can ask for, by Kafka's names; the first is taken when nobody asks. */
export const ASSIGNORS: ReadonlyMap<string, Assignor> = new Map<string, Assignor>([
  ['uniform', assignUniform],
  ['range', assignRange],
]);

export const DEFAULT_ASSIGNOR = 'uniform';
