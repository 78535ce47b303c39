import type { GroupDescription } from '../../adapters/transport/kafka/client/groups.ts';
import type { GroupPartition } from './group-partitions.ts';
import { textTable } from './text-table.ts';

/** What `hexlog group describe` shows. */
export interface DescribedGroup {
  readonly group: GroupDescription;
  readonly partitions: readonly GroupPartition[];
}

const TITLES = [
  ...['TOPIC', 'PARTITION', 'COMMITTED', 'END', 'LAG'],
  ...['MEMBER', 'CLIENT', 'HOST'],
];
const NOTHING = '-';

export function groupJson({ group, partitions }: DescribedGroup): unknown {
  const { groupId, state, type, protocolType, assignor, coordinator, members } = group;
  return {
    ...{ group: groupId, state, type, protocolType, protocol: assignor, coordinator },
    partitions: partitions.map(({ member, ...rest }) => ({
      ...rest,
      memberId: member?.memberId ?? null,
      clientId: member?.clientId ?? null,
      host: member?.host ?? null,
    })),
    members,
  };
}

/** A line on the group, and a table of its partitions; members without any come last. */
export function groupText({ group, partitions }: DescribedGroup): string {
  const { id, host, port } = group.coordinator;
  const facts = [
    `group ${group.groupId}: ${group.state}`,
    `type ${group.type}`,
    `protocol ${group.assignor || NOTHING}`,
    `coordinator ${host}:${port} (broker ${id})`,
  ];
  const idle = group.members.filter(({ assigned }) => assigned.length === 0);
  const rows = [
    ...partitions.map(rowOf),
    ...idle.map(({ memberId, clientId, host }) => [
      ...Array<string>(5).fill(NOTHING),
      ...[memberId, clientId, host],
    ]),
  ];
  return [facts.join(', '), ...(rows.length === 0 ? [] : textTable(TITLES, rows))].join('\n');
}

function rowOf({ topic, partition, committed, end, lag, member }: GroupPartition) {
  const position = [committed ?? NOTHING, end ?? NOTHING, lag ?? NOTHING];
  const { memberId, clientId, host } = member ?? {};
  return [
    ...[topic, partition, ...position],
    ...[memberId ?? NOTHING, clientId ?? NOTHING, host ?? NOTHING],
  ];
}
