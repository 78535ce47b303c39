import type { ReplyId } from '../group-commands.ts';
import type { ClassicMemberFacts, ClassicProtocol } from '../group-events.ts';

export const NO_ASSIGNMENT = Buffer.alloc(0);

/** A member of a classic group, with the requests of it that are parked. */
export interface ClassicMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
  /** The one it likes best first; each name once. */
  protocols: readonly ClassicProtocol[];
  assignment: Buffer;
  /** Its join waits for the others to join. */
  parkedJoin: ReplyId | null;
  /** Its sync waits for the leader's assignment. */
  parkedSync: ReplyId | null;
  /** It has not been in a generation yet: while it waits for its first one, it is not expected to heartbeat, but not for ever. */
  isNew: boolean;
}

/** The metadata that a member gave for a protocol that it supports. */
export function metadataOf(member: ClassicMember, protocolName: string): Buffer {
  const protocol = member.protocols.find(({ name }) => name === protocolName);
  if (!protocol) throw new Error(`${member.memberId} does not support ${protocolName}`);
  return protocol.metadata;
}

/** Whether a member that joins again brings nothing new. */
export function sameProtocols(
  a: readonly ClassicProtocol[],
  b: readonly ClassicProtocol[],
): boolean {
  return (
    a.length === b.length &&
    a.every(({ name, metadata }, at) => name === b[at]!.name && metadata.equals(b[at]!.metadata))
  );
}

/** A member as the record of its group has it: with the one protocol that was selected. */
export function restoredMember(
  facts: ClassicMemberFacts,
  protocolName: string | null,
): ClassicMember {
  const { subscription, rebalanceTimeoutMs, ...rest } = facts;
  return {
    ...rest,
    // Records of before version 1 have none.
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? facts.sessionTimeoutMs : rebalanceTimeoutMs,
    protocols: [{ name: protocolName ?? '', metadata: subscription }],
    parkedJoin: null,
    parkedSync: null,
    isNew: false,
  };
}
