import type { Assignment } from '../assignors/assignor.ts';
import type { AssignedTopic } from '../group-events.ts';
import {
  addCurrent,
  NOTHING,
  touches,
  type CurrentAssignment,
  type MutableCurrentAssignment,
} from './assignment.ts';
import { fencedMember, type ConsumerMember, type MemberProgress } from './consumer-member.ts';

/** What a member is to have, from which epoch on. */
export interface Target {
  readonly epoch: number;
  readonly assignment: Assignment;
}

export interface Surroundings {
  readonly target: Target;
  /** Whether no member has the partition, nor is still to give it back. */
  readonly isFree: (topicId: string, partition: number) => boolean;
  /** What the member says it owns; null when it did not say. */
  readonly owned: readonly AssignedTopic[] | null;
}

/** How the present assignment differs from the target. */
interface Difference {
  readonly kept: MutableCurrentAssignment;
  readonly toRevoke: MutableCurrentAssignment;
  readonly toAssign: MutableCurrentAssignment;
  /** Part of the target still belongs to others. */
  readonly unreleased: boolean;
}

/**
 * One step of a member towards its target (Kafka's CurrentAssignmentBuilder).
 *
 * - stable: the target has a newer epoch -> compare
 * - unrevoked-partitions: the member no longer owns what it is to give up -> compare, one epoch later; else wait
 * - unreleased-partitions: -> compare, since others may have given up theirs by now
 * - unknown (of a later version): it owns nothing -> compare; else it is fenced
 * - compare: it has more than the target -> unrevoked-partitions, in its old epoch, and nothing new is given
 * - compare: part of the target is not free -> unreleased-partitions, in the target's epoch, with what is free
 * - compare: else -> stable, in the target's epoch, with all of it
 *
 * A partition is given only when it is free, so it never has two owners.
 */
export function reconcile(member: ConsumerMember, around: Surroundings): MemberProgress {
  switch (member.state) {
    case 'stable':
      return member.epoch === around.target.epoch ? member : nextStep(member, member.epoch, around);
    case 'unrevoked-partitions':
      if (stillOwns(around.owned, member.pendingRevocation)) return member;
      return nextStep(member, member.epoch + 1, around);
    case 'unreleased-partitions':
      return nextStep(member, member.epoch, around);
    case 'unknown':
      if (around.owned?.length === 0) return nextStep(member, around.target.epoch, around);
      throw fencedMember('is in a state that this version does not know');
  }
}

/** A member that does not say what it owns may own everything. */
function stillOwns(owned: readonly AssignedTopic[] | null, revoked: CurrentAssignment): boolean {
  return owned === null || touches(owned, revoked);
}

function nextStep(member: ConsumerMember, epoch: number, around: Surroundings): MemberProgress {
  const { kept, toRevoke, toAssign, unreleased } = compare(member.assigned, around);
  if (toRevoke.size > 0 && stillOwns(around.owned, toRevoke)) {
    // No older epoch is taken from now on: a heartbeat from before must not pass for the word that all is given up.
    return {
      epoch,
      previousEpoch: member.epoch,
      state: 'unrevoked-partitions',
      assigned: kept,
      pendingRevocation: toRevoke,
    };
  }
  for (const [topicId, partitions] of toAssign) {
    for (const added of partitions) addCurrent(kept, topicId, added);
  }
  const { epoch: nextEpoch } = around.target;
  return {
    epoch: nextEpoch,
    // While the epoch stays, so does what a client may come back with that never got the answer.
    previousEpoch: nextEpoch === member.epoch ? member.previousEpoch : member.epoch,
    state: unreleased ? 'unreleased-partitions' : 'stable',
    assigned: kept,
    pendingRevocation: NOTHING,
  };
}

function compare(assigned: CurrentAssignment, { target, isFree }: Surroundings): Difference {
  const kept: MutableCurrentAssignment = new Map();
  const toRevoke: MutableCurrentAssignment = new Map();
  const toAssign: MutableCurrentAssignment = new Map();
  for (const [topicId, partitions] of assigned) {
    const wanted = target.assignment.get(topicId);
    for (const owned of partitions) {
      addCurrent(wanted?.has(owned[0]) ? kept : toRevoke, topicId, owned);
    }
  }
  let unreleased = false;
  for (const [topicId, wanted] of target.assignment) {
    const present = assigned.get(topicId);
    for (const partition of wanted) {
      if (present?.has(partition)) continue;
      if (isFree(topicId, partition)) addCurrent(toAssign, topicId, [partition, target.epoch]);
      else unreleased = true;
    }
  }
  return { kept, toRevoke, toAssign, unreleased };
}
