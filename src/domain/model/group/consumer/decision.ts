import type { ConsumerGroupEvent } from '../group-events.ts';

/** Timers as data: one of a key takes the place of the one before. */
export type TimerEffect =
  | { readonly kind: 'timer'; readonly key: string; readonly ms: number }
  | { readonly kind: 'cancel-timer'; readonly key: string };

/** What is to happen; the answer leaves when the events are committed, and at once when there are none. */
export interface ConsumerDecision<Answer> {
  readonly events: readonly ConsumerGroupEvent[];
  readonly effects: readonly TimerEffect[];
  readonly answer: Answer;
  /** What the group is to note of a member of the classic protocol, when the decision stands. */
  readonly awaitedJoin?: AwaitedJoin;
}

/** A member was told to join again, or has. */
export interface AwaitedJoin {
  readonly memberId: string;
  readonly isAwaited: boolean;
}

/** The last two are of members that speak the classic protocol. */
export const KINDS = [
  'consumer-session',
  'consumer-rebalance',
  'consumer-join',
  'consumer-sync',
] as const;

/** What a timer of a consumer group stands for. */
export interface ConsumerTimer {
  readonly kind: (typeof KINDS)[number];
  readonly groupId: string;
  readonly memberId: string;
}

/** Ids hold any character, so they are not just put together. */
export function timerKey({ kind, groupId, memberId }: ConsumerTimer): string {
  return `${kind} ${groupId.length} ${groupId}${memberId}`;
}

/** The timer behind a key, or null when the key is not of this protocol. */
export function timerOf(key: string): ConsumerTimer | null {
  const [name, length] = key.split(' ', 2);
  const kind = KINDS.find(each => each === name);
  if (kind === undefined || length === undefined) return null;
  const ids = key.slice(name!.length + length.length + 2);
  return { kind, groupId: ids.slice(0, Number(length)), memberId: ids.slice(Number(length)) };
}
