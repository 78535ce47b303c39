import type {
  GroupCommand,
  GroupReply,
  GroupRequest,
} from '../../src/domain/model/group/group-commands.ts';
import { GroupCoordinator } from '../../src/domain/model/group/group-coordinator.ts';
import type { GroupEvent } from '../../src/domain/model/group/group-events.ts';
import type { GroupSettings } from '../../src/domain/model/group/group-settings.ts';
import type { EmbeddedProtocol } from '../../src/domain/model/group/migration/embedded-protocol.ts';
import { TEXT_PROTOCOL } from './text-protocol.ts';
import { WorldTopics } from './world-topics.ts';

export const SETTINGS: GroupSettings = {
  maxSize: 100,
  initialRebalanceDelayMs: 3000,
  offsetMetadataMaxBytes: 10,
  offsetsRetentionMs: 60 * 60_000,
  offsetsRetentionCheckMs: 10 * 60_000,
  maxEventBytes: 10_000,
  consumer: {
    ...{ sessionTimeoutMs: 45_000, heartbeatIntervalMs: 5000, maxSize: 100 },
    assignors: ['uniform', 'range'],
  },
  migrationPolicy: 'bidirectional',
};

export type Unasked<C> = C extends GroupRequest ? Omit<C, 'replyTo'> : never;

/** A coordinator with a clock, timers and a log of its own: nothing here waits, and time passes when it is told to. */
export class GroupWorld {
  nowMs = 1_000_000;
  readonly events: GroupEvent[] = [];
  /** `t`, `u` and `v`, of three partitions each, to begin with. */
  readonly topics = new WorldTopics();
  /** As of the next restart. */
  embedded: EmbeddedProtocol = TEXT_PROTOCOL;
  coordinator: GroupCoordinator;
  #settings: GroupSettings;
  readonly #timers = new Map<string, number>();
  readonly #waiting = new Map<number, (reply: GroupReply) => void>();
  #replies = 0;

  constructor(settings: Partial<GroupSettings> = {}) {
    this.#settings = { ...SETTINGS, ...settings };
    for (const name of ['t', 'u', 'v']) this.topics.put(name, 3);
    this.coordinator = this.#create();
    this.note({ type: 'loaded' });
  }

  /** Requests that have not been answered. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** `heard` is called once, now or later. */
  ask(command: Unasked<GroupRequest>, heard: (reply: GroupReply) => void): void {
    const replyTo = this.#replies++;
    this.#waiting.set(replyTo, heard);
    this.note({ ...command, replyTo });
  }

  /** For requests that are answered at once. */
  answer<R extends GroupReply>(command: Unasked<GroupRequest>): R {
    const heard: GroupReply[] = [];
    this.ask(command, reply => heard.push(reply));
    if (heard.length !== 1) throw new Error(`${command.type} was not answered at once`);
    return heard[0] as R;
  }

  note(command: GroupCommand): void {
    const { events, effects } = this.coordinator.decide(command, this.nowMs);
    for (const event of events) this.coordinator.apply(event);
    this.events.push(...events);
    for (const effect of effects) {
      if (effect.kind === 'timer') this.#timers.set(effect.key, this.nowMs + effect.ms);
      else if (effect.kind === 'cancel-timer') this.#timers.delete(effect.key);
    }
    for (const effect of effects)
      if (effect.kind === 'reply') this.#hear(effect.to, effect.response);
  }

  /** Lets time pass; timers run when they are due. */
  pass(ms: number): void {
    const end = this.nowMs + ms;
    for (let next = this.#next(end); next !== null; next = this.#next(end)) {
      this.#timers.delete(next.key);
      this.nowMs = Math.max(this.nowMs, next.at);
      this.note({ type: 'timer-ran', key: next.key });
    }
    this.nowMs = end;
  }

  /** The broker is killed, and another reads what it wrote. Nobody who waits is answered. */
  restart(settings: Partial<GroupSettings> = {}): void {
    this.#settings = { ...this.#settings, ...settings };
    this.#timers.clear();
    this.#waiting.clear();
    this.coordinator = this.#create();
    for (const event of this.events) this.coordinator.apply(event);
    this.note({ type: 'loaded' });
  }

  #hear(to: number, response: GroupReply): void {
    const heard = this.#waiting.get(to);
    if (!heard) throw new Error(`request ${to} is answered, and nobody waits`);
    this.#waiting.delete(to);
    heard(response);
  }

  #next(end: number): { key: string; at: number } | null {
    let next: { key: string; at: number } | null = null;
    for (const [key, at] of this.#timers) {
      if (at <= end && (next === null || at < next.at)) next = { key, at };
    }
    return next;
  }

  #create(): GroupCoordinator {
    return new GroupCoordinator({
      settings: this.#settings,
      topics: this.topics,
      compileRegex: expression => {
        if (expression.includes('[')) return { kind: 'invalid', problem: 'missing closing ]' };
        const regex = new RegExp(`^(?:${expression})$`);
        return { kind: 'compiled', matches: name => regex.test(name) };
      },
      embedded: this.embedded,
    });
  }
}
