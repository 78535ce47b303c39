import type {
  AssignableGroup,
  AssignableMember,
  Assignment,
  Assignor,
} from '../../../../src/domain/model/group/assignors/assignor.ts';

/** `T1:0,1 T3:0` as an assignment; `-` is none. */
export function assignmentOf(text: string): Assignment {
  const words = text.split(' ').filter(word => word !== '' && word !== '-');
  return new Map(
    words.map(word => {
      const [topicId, partitions] = word.split(':');
      return [topicId!, new Set(partitions!.split(',').map(Number))];
    }),
  );
}

export function textOf(assignment: Assignment): string {
  const words = [...assignment].map(([topicId, partitions]) => {
    const sorted = [...partitions].sort((one, other) => one - other);
    return `${topicId}:${sorted.join(',')}`;
  });
  return words.sort().join(' ') || '-';
}

/** A group from `topic count` words, and rows of: member (`A@i` with an instance id), its topics, what it had. */
export function groupOf(topics: string, rows: readonly (readonly string[])[]): AssignableGroup {
  const members = rows.map(([name, subscribed, had]): AssignableMember => {
    const [memberId, instanceId] = name!.split('@');
    const topicIds = new Set(subscribed!.split(' ').filter(Boolean));
    return {
      memberId: memberId!,
      instanceId: instanceId ?? null,
      topicIds,
      assigned: assignmentOf(had ?? ''),
    };
  });
  const counts = topics.split(' ').map((each): [string, number] => {
    const [topicId, count] = each.split('=');
    return [topicId!, Number(count)];
  });
  return { members, partitionCounts: new Map(counts) };
}

/** What each member gets, and whether everything is given once, to one who wants it. */
export function assigned(assignor: Assignor, group: AssignableGroup): Record<string, string> {
  const target = assignor(group);
  validate(group, target);
  return Object.fromEntries([...target].map(([id, assignment]) => [id, textOf(assignment)]));
}

export function validate(group: AssignableGroup, target: ReadonlyMap<string, Assignment>): void {
  const given = new Set<string>();
  for (const { memberId, topicIds } of group.members) {
    for (const [topicId, partitions] of target.get(memberId)!) {
      if (!topicIds.has(topicId)) throw new Error(`${memberId} does not want ${topicId}`);
      if (partitions.size === 0) throw new Error(`${memberId} has nothing of ${topicId}`);
      for (const partition of partitions) {
        const key = `${topicId}/${partition}`;
        if (given.has(key)) throw new Error(`${key} is given twice`);
        if (partition >= group.partitionCounts.get(topicId)!) throw new Error(`${key} is none`);
        given.add(key);
      }
    }
  }
  const count = [...group.partitionCounts.values()].reduce((sum, each) => sum + each, 0);
  if (given.size !== count) throw new Error(`${given.size} of ${count} partitions are given`);
}

export function sizeOf(assignment: Assignment): number {
  let size = 0;
  for (const partitions of assignment.values()) size += partitions.size;
  return size;
}
