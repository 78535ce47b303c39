import type { BrokerError } from '../../model/error.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Cancel, Timers } from '../../../ports/timers.ts';
import { coordinatorError } from './coordinator-errors.ts';
import type { CoordinatorLog } from './coordinator-log.ts';
import type {
  CoordinatorEffect,
  CoordinatorKind,
  CoordinatorMachine,
} from './coordinator-machine.ts';

interface Waiting {
  readonly resolve: (response: unknown) => void;
  readonly reject: (error: BrokerError) => void;
}

export interface ShardParts<Command, Event> {
  readonly kind: CoordinatorKind<Command, Event>;
  readonly machine: CoordinatorMachine<Command, Event>;
  readonly log: CoordinatorLog<Event>;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Whether an answer waits for the disk; asked each time. */
  readonly isDurable: () => boolean;
  /** Told once, when it can go on no more: what is in memory is worth nothing then. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * A coordinator at work over its partition: decides, appends, applies, all in one go, and answers when what the answer rests on
 * is committed. An answer that changes nothing waits for the commits before it, too: nobody hears of what a crash may undo.
 */
export class CoordinatorShard<Command, Event> {
  readonly #parts: ShardParts<Command, Event>;
  readonly #waiting = new Map<number, Waiting>();
  readonly #timers = new Map<string, Cancel>();
  #nextReply = 0;
  #committing: Promise<void> | null = null;
  #ended: BrokerError | null = null;

  constructor(parts: ShardParts<Command, Event>) {
    this.#parts = parts;
  }

  /** Begins its work on what was replayed. */
  begin(): void {
    this.note(this.#parts.kind.loaded);
  }

  get machine(): CoordinatorMachine<Command, Event> {
    return this.#parts.machine;
  }

  /** Resolves with the answer, however long the machine keeps it. Rejects with a BrokerError when the shard ends. */
  ask(command: (replyTo: number) => Command): Promise<unknown> {
    if (this.#ended) return Promise.reject(this.#ended);
    const replyTo = this.#nextReply++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(replyTo, { resolve, reject });
      this.note(command(replyTo));
    });
  }

  /** Tells it what has happened. */
  note(command: Command): void {
    if (this.#ended) return;
    const { machine, log, clock } = this.#parts;
    try {
      const nowMs = clock.now();
      const decision = machine.decide(command, nowMs);
      if (decision.events.length > 0) {
        log.append(decision, nowMs);
        for (const event of decision.events) machine.apply(event);
        this.#commit();
      }
      this.#carryOut(decision.effects);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Takes no more; resolves when what was under way is answered and the rest was told why not. */
  async stop(reason: BrokerError): Promise<void> {
    this.#cancelTimers();
    await this.#committing?.catch(() => undefined);
    this.#end(reason);
  }

  #commit(): void {
    const committing = this.#parts.log.commit(this.#parts.isDurable());
    this.#committing = committing;
    const settled = (): void => {
      if (this.#committing === committing) this.#committing = null;
    };
    committing.then(settled, error => this.#fail(error));
  }

  #carryOut(effects: readonly CoordinatorEffect[]): void {
    const replies = effects.filter(effect => effect.kind === 'reply');
    for (const effect of effects) {
      if (effect.kind === 'timer') this.#setTimer(effect.key, effect.ms);
      else if (effect.kind === 'cancel-timer') this.#cancelTimer(effect.key);
    }
    if (replies.length === 0) return;
    const send = (): void => {
      for (const { to, response } of replies) this.#answer(to, response);
    };
    // A commit that fails ends the shard, and with it whoever waits.
    if (this.#committing) this.#committing.then(send, () => undefined);
    else send();
  }

  #answer(replyTo: number, response: unknown): void {
    this.#waiting.get(replyTo)?.resolve(response);
    this.#waiting.delete(replyTo);
  }

  #setTimer(key: string, ms: number): void {
    this.#timers.get(key)?.();
    const ran = (): void => {
      this.#timers.delete(key);
      this.note(this.#parts.kind.timerRan(key));
    };
    this.#timers.set(key, this.#parts.timers.after(ms, ran));
  }

  #cancelTimer(key: string): void {
    this.#timers.get(key)?.();
    this.#timers.delete(key);
  }

  #cancelTimers(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    this.#end(coordinatorError(error));
    this.#parts.onFailure(error);
  }

  #end(reason: BrokerError): void {
    this.#ended = reason;
    this.#cancelTimers();
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}
