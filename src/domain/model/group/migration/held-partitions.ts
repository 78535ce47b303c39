import { addPartition, type Assignment, type MutableAssignment } from '../assignors/assignor.ts';
import type { ClassicMember } from '../classic/classic-member.ts';
import {
  existingPartitions,
  type EmbeddedProtocol,
  type EmbeddedSubscription,
  type NamedPartitions,
} from './embedded-protocol.ts';
import type { MigrationEnvironment } from './migration-environment.ts';

/**
 * What each member of a classic group may have: its last assignment, and what it said that it owned when it last joined, since
 * in a rebalance (and until it syncs) that is what it goes on with. No partition is held twice: an assignment is worth more than
 * a claim, and the first of two is right. Null when an assignment cannot be read; none at all is nothing.
 */
export function heldPartitions(
  said: ReadonlyMap<ClassicMember, EmbeddedSubscription>,
  { topics, embedded }: MigrationEnvironment,
): ReadonlyMap<ClassicMember, Assignment> | null {
  const held = new Map<ClassicMember, MutableAssignment>();
  const taken: MutableAssignment = new Map();
  for (const member of said.keys()) {
    const assigned = assignmentOf(member, embedded);
    if (assigned === null) return null;
    const holdings: MutableAssignment = new Map();
    held.set(member, holdings);
    take(existingPartitions(assigned, topics), holdings, taken);
  }
  for (const [member, { ownedPartitions }] of said) {
    take(existingPartitions(ownedPartitions, topics), held.get(member)!, taken);
  }
  return held;
}

/** A member that has not been assigned anything yet has no bytes at all. */
function assignmentOf(
  { assignment }: ClassicMember,
  embedded: EmbeddedProtocol,
): readonly NamedPartitions[] | null {
  if (assignment.length === 0) return [];
  return embedded.readAssignment(assignment)?.assignedPartitions ?? null;
}

function take(wanted: Assignment, holdings: MutableAssignment, taken: MutableAssignment): void {
  for (const [topicId, partitions] of wanted) {
    for (const partition of partitions) {
      if (taken.get(topicId)?.has(partition)) continue;
      addPartition(taken, topicId, partition);
      addPartition(holdings, topicId, partition);
    }
  }
}
