import { BrokerError } from '../../error.ts';
import type { ConsumerGroupEvent } from '../group-events.ts';
import type { ConsumerGroup, ResolvedRegex, TopicsSeen } from './consumer-group.ts';
import type { GroupEnvironment } from './environment.ts';

/**
 * How often the expressions of a group are looked up at most, however often topics change (Kafka waits ten times as long,
 * since it does the work aside).
 */
export const REGEX_REFRESH_MIN_INTERVAL_MS = 1_000;

/** The expressions that are wanted, with their topics; what changed is in the events. */
export interface RegexResolution {
  readonly regexes: ReadonlyMap<string, ResolvedRegex>;
  readonly events: readonly ConsumerGroupEvent[];
  readonly seen: TopicsSeen['regexes'];
}

/**
 * Looks up expressions that are new, all of them when topics changed, and drops those that nobody wants. Throws
 * INVALID_REGULAR_EXPRESSION for a new one that is none.
 */
export function resolveRegexes(
  group: ConsumerGroup,
  wanted: ReadonlySet<string>,
  environment: GroupEnvironment,
): RegexResolution {
  const regexes = new Map<string, ResolvedRegex>();
  const events: ConsumerGroupEvent[] = [];
  const stale = wanted.size > 0 && isStale(group, environment);
  for (const regex of wanted) {
    const before = group.regexes.get(regex);
    const now = before && !stale ? before : lookUp(group, regex, environment);
    regexes.set(regex, now);
    if (now !== before)
      events.push({ type: 'consumer-regex-stored', groupId: group.id, regex, ...now });
  }
  for (const regex of group.regexes.keys()) {
    if (wanted.has(regex)) continue;
    events.push({ type: 'consumer-regex-deleted', groupId: group.id, regex });
  }
  const { nowMs: atMs, topics } = environment;
  const seen = stale ? { version: topics.version, atMs } : group.seen.regexes;
  return { regexes, events, seen };
}

function isStale({ seen }: ConsumerGroup, { topics, nowMs }: GroupEnvironment): boolean {
  if (seen.regexes === null) return true;
  const { version, atMs } = seen.regexes;
  return version !== topics.version && nowMs >= atMs + REGEX_REFRESH_MIN_INTERVAL_MS;
}

/**
 * Gives what it was before when nothing changed. An expression of a member that is in the log, though it is none here, stands
 * for what it stood for, or for nothing: one that another broker took must not fail all members of its group.
 */
function lookUp(
  group: ConsumerGroup,
  regex: string,
  { topics, nowMs, compileRegex }: GroupEnvironment,
): ResolvedRegex {
  const before = group.regexes.get(regex);
  const compiled = compileRegex(regex);
  if (compiled.kind === 'invalid') {
    if (before) return before;
    const isOfMember = group.subscriptions.after([], []).regexes.has(regex);
    if (isOfMember) return { topics: [], version: topics.version, timestampMs: nowMs };
    const message = `SubscribedTopicRegex ${regex} is not a valid regular expression: ${compiled.problem}.`;
    throw new BrokerError('INVALID_REGULAR_EXPRESSION', message);
  }
  const names: string[] = [];
  for (const { name, internal } of topics.topics()) {
    if (!internal && compiled.matches(name)) names.push(name);
  }
  names.sort();
  if (before && isSameList(before.topics, names)) return before;
  return { topics: names, version: topics.version, timestampMs: nowMs };
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each, index) => each === other[index]);
}
