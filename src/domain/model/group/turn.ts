import type { GroupEvent } from './group-events.ts';
import type { GroupReply, ReplyId } from './group-commands.ts';

/** What is to be done once a decision's events are durable; as data, so that a test needs no clock and no sockets. */
export type Effect =
  | { readonly kind: 'reply'; readonly to: ReplyId; readonly response: GroupReply }
  /** Sets a timer, in place of the one with the same key. */
  | { readonly kind: 'timer'; readonly key: string; readonly ms: number }
  | { readonly kind: 'cancel-timer'; readonly key: string };

/** What a decision gives. Replies may leave when the events are durable. */
export interface GroupDecision {
  readonly events: readonly GroupEvent[];
  readonly effects: readonly Effect[];
  /** Whether the events may be written, and kept, in part: none of them means anything to another. */
  readonly divisible: boolean;
}

/** Gathers what one decision gives. */
export class Turn implements GroupDecision {
  readonly nowMs: number;
  readonly events: GroupEvent[] = [];
  readonly effects: Effect[] = [];
  divisible = false;

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  emit(event: GroupEvent): void {
    this.events.push(event);
  }
  reply(to: ReplyId, response: GroupReply): void {
    this.effects.push({ kind: 'reply', to, response });
  }
  /** Takes over what a part of the decision gives. */
  add({ events, effects }: Pick<GroupDecision, 'events' | 'effects'>): void {
    for (const event of events) this.events.push(event);
    for (const effect of effects) this.effects.push(effect);
  }
  setTimer(key: string, ms: number): void {
    this.effects.push({ kind: 'timer', key, ms });
  }
  cancelTimer(key: string): void {
    this.effects.push({ kind: 'cancel-timer', key });
  }
}
