import { ConsumerGroups } from '../../../../src/domain/model/group/consumer/consumer-groups.ts';
import {
  timerOf,
  type ConsumerDecision,
} from '../../../../src/domain/model/group/consumer/decision.ts';
import type {
  GroupEnvironment,
  GroupTopic,
} from '../../../../src/domain/model/group/consumer/environment.ts';
import {
  validateHeartbeat,
  type ConsumerHeartbeat,
  type ConsumerHeartbeatAnswer,
} from '../../../../src/domain/model/group/consumer/heartbeat-request.ts';
import type {
  AssignedTopic,
  ConsumerGroupEvent,
  GroupEvent,
} from '../../../../src/domain/model/group/group-events.ts';

export const SESSION_MS = 45_000;
export const REBALANCE_MS = 60_000;

/** Topics, a log of events, timers and a clock around the machine; nothing in it waits. */
export class ConsumerWorld {
  groups = new ConsumerGroups();
  nowMs = 1_000_000;
  maxSize = Infinity;
  readonly log: ConsumerGroupEvent[] = [];
  readonly #timers = new Map<string, number>();
  readonly #topics = new Map<string, GroupTopic>();
  #version = 0;
  #ids = 0;

  /** Creates a topic, or gives it more partitions. */
  topic(name: string, partitionCount: number): void {
    const id = this.#topics.get(name)?.id ?? `${name}#${++this.#ids}`;
    this.#topics.set(name, { id, name, partitionCount, internal: name.startsWith('__') });
    this.#version += 1;
  }
  drop(name: string): void {
    this.#topics.delete(name);
    this.#version += 1;
  }
  topics(): readonly GroupTopic[] {
    return [...this.#topics.values()];
  }
  nameOf(topicId: string): string {
    return topicId.slice(0, topicId.indexOf('#'));
  }
  idOf(name: string): string {
    return this.#topics.get(name)?.id ?? `${name}#0`;
  }

  heartbeat(request: Partial<ConsumerHeartbeat>): ConsumerHeartbeatAnswer {
    const whole = { ...NOTHING_NEW, ...request };
    const environment = this.environment();
    validateHeartbeat(whole, environment.settings.assignors);
    return this.#carryOut(this.groups.heartbeat(whole, environment));
  }
  delete(groupId: string): void {
    this.#carryOut(this.groups.delete(groupId));
  }

  /** Time passes; timers run when they are due. */
  pass(ms: number): void {
    const until = this.nowMs + ms;
    for (;;) {
      const [key, dueMs] = [...this.#timers].sort((one, other) => one[1] - other[1])[0] ?? [];
      if (key === undefined || dueMs! > until) break;
      this.nowMs = dueMs!;
      this.#timers.delete(key);
      this.#carryOut(this.groups.timeout(timerOf(key)!, this.environment()));
    }
    this.nowMs = until;
  }

  /** A new machine reads what the log has. */
  restart(log: readonly ConsumerGroupEvent[] = this.log): void {
    this.groups = new ConsumerGroups();
    for (const event of log) this.groups.apply(event);
    this.#timers.clear();
    for (const effect of this.groups.timersOfLoaded(() => this.environment().settings)) {
      if (effect.kind === 'timer') this.#timers.set(effect.key, this.nowMs + effect.ms);
    }
  }

  environment(): GroupEnvironment {
    const topics = this.#topics;
    return {
      nowMs: this.nowMs,
      topics: {
        version: this.#version,
        topicNamed: name => topics.get(name),
        topicWithId: id => topics.get(this.nameOf(id)),
        topics: () => topics.values(),
      },
      settings: {
        ...{ sessionTimeoutMs: SESSION_MS, heartbeatIntervalMs: 5_000, maxSize: this.maxSize },
        assignors: ['uniform', 'range'],
      },
      compileRegex: expression => {
        if (expression.includes('[')) return { kind: 'invalid', problem: 'missing closing ]' };
        const regex = new RegExp(`^(?:${expression})$`);
        return { kind: 'compiled', matches: name => regex.test(name) };
      },
      newMemberId: () => `made-${++this.#ids}`,
    };
  }

  #carryOut<Answer>(decision: ConsumerDecision<Answer>): Answer {
    for (const event of decision.events) {
      this.log.push(event);
      this.groups.apply(event);
    }
    for (const effect of decision.effects) {
      if (effect.kind === 'timer') this.#timers.set(effect.key, this.nowMs + effect.ms);
      else this.#timers.delete(effect.key);
    }
    return decision.answer;
  }
}

const NOTHING_NEW: ConsumerHeartbeat = {
  groupId: 'g',
  memberId: '',
  memberEpoch: 0,
  instanceId: null,
  rackId: null,
  rebalanceTimeoutMs: -1,
  subscribedTopics: null,
  subscribedRegex: null,
  serverAssignor: null,
  owned: null,
  clientId: 'client',
  clientHost: '/127.0.0.1',
  bringsMemberId: true,
};

/** What is left of a log when it is compacted, tombstones included or not. */
export function compacted<Event extends GroupEvent>(
  log: readonly Event[],
  keepTombstones: boolean,
): Event[] {
  const latest = new Map<string, Event>();
  for (const event of log) {
    const kind = event.type.replace(/-(stored|deleted)$/, '');
    const member = 'memberId' in event ? event.memberId : '';
    const key = `${kind} ${event.groupId} ${member} ${'regex' in event ? event.regex : ''}`;
    latest.delete(key);
    latest.set(key, event);
  }
  return [...latest.values()].filter(({ type }) => keepTombstones || !type.endsWith('-deleted'));
}

/** `orders:0,1 payments:2` */
export function partitionsText(
  topics: readonly AssignedTopic[],
  nameOf: (topicId: string) => string,
): string {
  const texts = topics
    .filter(({ partitions }) => partitions.length > 0)
    .map(({ topicId, partitions }) => `${nameOf(topicId)}:${partitions.join(',')}`);
  return texts.sort().join(' ') || '-';
}
