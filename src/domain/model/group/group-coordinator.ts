import { ClassicRequests } from './classic-requests.ts';
import { classicTimer } from './classic/timer-keys.ts';
import { ConsumerDecisions } from './consumer-decisions.ts';
import { ConsumerRequests } from './consumer-requests.ts';
import { timerOf } from './consumer/decision.ts';
import type { GroupCommand, GroupOccurrence, GroupRequest } from './group-commands.ts';
import type { GroupEvent } from './group-events.ts';
import { GroupRequests } from './group-requests.ts';
import type { GroupSurroundings } from './group-surroundings.ts';
import { Groups } from './groups.ts';
import { MixedRequests } from './mixed-requests.ts';
import { OffsetRequests } from './offset-requests.ts';
import { deleteAll } from './offsets/delete-offsets.ts';
import { isOfPresentTopic } from './offsets/group-offsets.ts';
import { Turn, type GroupDecision } from './turn.ts';

const EXPIRY_TIMER = 'expire-offsets';

/**
 * The groups whose state lies in one partition of the offsets topic, as a pure state machine: `decide` says what a command makes
 * happen, `apply` makes it so, for what happens now and for what is replayed. Whoever runs it applies the events of a decision,
 * in order and before the next decision, and carries out its effects when the events are durable.
 */
export class GroupCoordinator {
  readonly #surroundings: GroupSurroundings;
  readonly #groups: Groups;
  readonly #classic: ClassicRequests;
  readonly #consumer: ConsumerRequests;
  readonly #offsets: OffsetRequests;
  readonly #whole: GroupRequests;

  constructor(surroundings: GroupSurroundings) {
    const { settings, embedded } = surroundings;
    this.#surroundings = surroundings;
    this.#groups = new Groups(bytes => embedded.readSubscription(bytes)?.topics ?? null);
    const decisions = new ConsumerDecisions(this.#groups, surroundings);
    this.#classic = new ClassicRequests(this.#groups, settings, new MixedRequests(decisions));
    this.#consumer = new ConsumerRequests(this.#groups, settings, decisions);
    this.#offsets = new OffsetRequests(this.#groups, surroundings);
    this.#whole = new GroupRequests(this.#groups, settings);
  }

  decide(command: GroupCommand, nowMs: number): GroupDecision {
    const turn = new Turn(nowMs);
    if ('replyTo' in command) this.#answer(command, turn);
    else this.#note(command, turn);
    return turn;
  }

  apply(event: GroupEvent): void {
    this.#groups.apply(event);
  }

  #answer(command: GroupRequest, turn: Turn): void {
    switch (command.type) {
      case 'join-group':
        return this.#classic.join(command, turn);
      case 'sync-group':
        return this.#classic.sync(command, turn);
      case 'heartbeat':
        return this.#classic.heartbeat(command, turn);
      case 'leave-group':
        return this.#classic.leave(command, turn);
      case 'consumer-heartbeat':
        return this.#consumer.heartbeat(command, turn);
      default:
        return this.#answerNobody(command, turn);
    }
  }

  /** What is asked of a group by whoever may be no member. */
  #answerNobody(command: Exclude<GroupRequest, MemberRequest>, turn: Turn): void {
    switch (command.type) {
      case 'commit-offsets':
        return this.#offsets.commit(command, turn);
      case 'fetch-offsets':
        return this.#offsets.fetch(command, turn);
      case 'delete-offsets':
        return this.#offsets.delete(command, turn);
      case 'delete-group':
        return this.#whole.delete(command, turn);
      case 'describe-group':
        return this.#whole.describeClassic(command, turn);
      case 'describe-consumer-group':
        return this.#consumer.describe(command, turn);
      case 'list-groups':
        return this.#whole.list(command, turn);
    }
  }

  #note(occurrence: GroupOccurrence, turn: Turn): void {
    switch (occurrence.type) {
      case 'loaded':
        return this.#begin(turn);
      case 'topic-deleted':
        return this.#forgetTopic(occurrence, turn);
      case 'timer-ran':
        return this.#timerRan(occurrence.key, turn);
    }
  }

  /** Topics may have been deleted, and others made in their names, while nobody took note. */
  #begin(turn: Turn): void {
    const { settings, topics } = this.#surroundings;
    const all = [...this.#groups.offsets.all()];
    deleteAll(
      turn,
      all.filter(stored => !isOfPresentTopic(stored, topics)),
    );
    this.#classic.resume(turn);
    this.#consumer.resume(turn);
    turn.setTimer(EXPIRY_TIMER, settings.offsetsRetentionCheckMs);
  }

  #forgetTopic({ topic, topicId }: TopicDeleted, turn: Turn): void {
    const named = [...this.#groups.offsets.ofTopic(topic)];
    deleteAll(
      turn,
      named.filter(stored => stored.topicId === null || stored.topicId === topicId),
    );
  }

  #timerRan(key: string, turn: Turn): void {
    if (key === EXPIRY_TIMER) {
      this.#whole.expire(turn);
      return turn.setTimer(EXPIRY_TIMER, this.#surroundings.settings.offsetsRetentionCheckMs);
    }
    const classic = classicTimer(key);
    const consumer = timerOf(key);
    if (classic) this.#classic.timerRan(classic, turn);
    else if (consumer) this.#consumer.timerRan(consumer, turn);
  }
}

type MemberRequest = Extract<
  GroupRequest,
  { type: 'join-group' | 'sync-group' | 'heartbeat' | 'leave-group' | 'consumer-heartbeat' }
>;
type TopicDeleted = Extract<GroupOccurrence, { type: 'topic-deleted' }>;
