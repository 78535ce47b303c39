import { BrokerError, type ErrorName } from '../../error.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import type { ConsumerMember } from './consumer-member.ts';
import { knownMember } from './member-lookup.ts';

/** Who asks for offsets or commits them; the epoch is -1 when it is no member. */
export interface OffsetClaim {
  readonly memberId: string | null;
  readonly memberEpoch: number;
}

export interface CommitClaim extends OffsetClaim {
  /** Whether the request is of a version that knows member epochs. */
  readonly knowsEpochs: boolean;
}

/** Tells for one partition whether its offset may be committed; the topic id may be unknown. */
export type CommitVerdict = (topicId: string | null, partition: number) => ErrorName | null;

/**
 * Whether a commit is taken (Kafka's ConsumerGroup.validateOffsetCommit). One that was on its way while the epoch grew is
 * taken for the partitions that the member has had since the epoch it names (KIP-1251). Throws UNKNOWN_MEMBER_ID,
 * STALE_MEMBER_EPOCH, UNSUPPORTED_VERSION, or ILLEGAL_GENERATION to a member of the classic protocol.
 */
export function judgeCommit(group: ConsumerGroup, claim: CommitClaim): CommitVerdict {
  if (claim.memberEpoch < 0 && group.members.size === 0) return () => null;
  const member = knownMember(group, claim.memberId ?? '');
  const { memberEpoch, knowsEpochs } = claim;
  if (member.classic === null && !knowsEpochs) {
    const message = 'Members of the consumer protocol commit with version 9 or above.';
    throw new BrokerError('UNSUPPORTED_VERSION', message);
  }
  if (memberEpoch === member.epoch) return () => null;
  if (member.classic !== null || memberEpoch < 0 || memberEpoch > member.epoch) {
    throw staleEpoch(member, memberEpoch);
  }
  return (topicId, partition) => {
    const since = topicId === null ? undefined : heldSince(member, topicId, partition);
    return since !== undefined && since <= memberEpoch ? null : 'STALE_MEMBER_EPOCH';
  };
}

/** Whether offsets are given (Kafka's validateOffsetFetch): to whoever is no member, and to members in their present epoch. */
export function validateFetch(group: ConsumerGroup, claim: OffsetClaim): void {
  if (claim.memberId === null && claim.memberEpoch < 0) return;
  const member = knownMember(group, claim.memberId ?? '');
  if (claim.memberEpoch !== member.epoch) throw staleEpoch(member, claim.memberEpoch);
}

/** The epoch in which the member got the partition, which it may be about to give up. */
function heldSince(member: ConsumerMember, topicId: string, partition: number) {
  return (
    member.assigned.get(topicId)?.get(partition) ??
    member.pendingRevocation.get(topicId)?.get(partition)
  );
}

function staleEpoch({ epoch, classic }: ConsumerMember, received: number): BrokerError {
  if (classic !== null) {
    const message = `The received generation id ${received} does not match the expected member epoch ${epoch}.`;
    return new BrokerError('ILLEGAL_GENERATION', message);
  }
  const message = `The received member epoch ${received} does not match the expected member epoch ${epoch}.`;
  return new BrokerError('STALE_MEMBER_EPOCH', message);
}
