import type { ConsumerGroupEvent } from '../group-events.ts';
import type { ConsumerGroup, ResolvedRegex, TopicsSeen } from './consumer-group.ts';
import { sameSubscription, type ConsumerMember } from './consumer-member.ts';
import type { GroupEnvironment } from './environment.ts';
import { metadataHash } from './metadata-hash.ts';
import { resolveRegexes } from './regex-resolution.ts';

/** One member gives way to another; null is nobody. They are the same but for what changed, unless one came or went. */
export interface MemberChange {
  readonly from: ConsumerMember | null;
  readonly to: ConsumerMember | null;
  /** Others that go at the same time. */
  readonly leaving?: readonly ConsumerMember[];
}

/** The group's epoch after a change, and what led there. */
export interface EpochStep {
  readonly epoch: number;
  readonly regexes: ReadonlyMap<string, ResolvedRegex>;
  readonly events: readonly ConsumerGroupEvent[];
  /** To be noted when the decision stands; one that is refused leaves no trace. */
  readonly seen: TopicsSeen;
}

/**
 * The group epoch grows by one when a member came or went, or subscribes to something else, or when the subscribed topics are
 * no longer what they were.
 */
export function stepEpoch(
  group: ConsumerGroup,
  change: MemberChange,
  environment: GroupEnvironment,
): EpochStep {
  const { version } = environment.topics;
  const changed = isNewSubscription(change);
  if (!changed && isUpToDate(group, version)) {
    return { epoch: group.epoch, regexes: group.regexes, events: [], seen: group.seen };
  }
  const gone = [...someone(change.from), ...(change.leaving ?? [])];
  const wanted = group.subscriptions.after(gone, someone(change.to));
  const { regexes, events, seen: resolved } = resolveRegexes(group, wanted.regexes, environment);
  for (const { topics } of regexes.values()) for (const topic of topics) wanted.topics.add(topic);
  const hash = metadataHash(wanted.topics, environment.topics);
  const seen = { version, regexes: resolved };
  if (!changed && hash === group.metadataHash) return { epoch: group.epoch, regexes, events, seen };
  const epoch = group.epoch + 1;
  return { epoch, regexes, events: [...events, ...epochEvents(group, epoch, hash)], seen };
}

function isUpToDate({ seen, regexes }: ConsumerGroup, version: number): boolean {
  return seen.version === version && (regexes.size === 0 || seen.regexes?.version === version);
}

function someone(member: ConsumerMember | null): ConsumerMember[] {
  return member === null ? [] : [member];
}

function isNewSubscription({ from, to, leaving = [] }: MemberChange): boolean {
  if (leaving.length > 0) return true;
  return from === null || to === null || !sameSubscription(from, to);
}

function epochEvents(group: ConsumerGroup, epoch: number, hash: bigint): ConsumerGroupEvent[] {
  const groupId = group.id;
  const events: ConsumerGroupEvent[] = [
    { type: 'consumer-group-stored', groupId, epoch, metadataHash: hash },
  ];
  if (group.hasPartitionMetadata) {
    events.push({ type: 'consumer-partition-metadata-deleted', groupId });
  }
  return events;
}
