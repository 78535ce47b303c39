import type { JoinedMember } from '../../../../src/domain/model/group/group-commands.ts';
import type { NamedPartitions } from '../../../../src/domain/model/group/migration/embedded-protocol.ts';
import { partitionsText, TEXT_PROTOCOL } from '../../../support/text-protocol.ts';
import type { WorldTopics } from '../../../support/world-topics.ts';

/** Each as `topic/partition`. */
export function partitionsOf(named: readonly NamedPartitions[]): string[] {
  return named.flatMap(({ topic, partitions }) => partitions.map(each => `${topic}/${each}`));
}

export function subscriptionText(topics: readonly string[], owned: ReadonlySet<string>): string {
  return `${topics.join(' ')};${partitionsText(named([...owned]))}`;
}

function named(partitions: readonly string[]): NamedPartitions[] {
  return partitions.map(each => {
    const [topic = '', partition] = each.split('/');
    return { topic, partitions: [Number(partition)] };
  });
}

/**
 * What the leader of a classic group hands out: each partition to one of those who subscribe to it, in turn. A cooperative leader
 * gives nobody what another owns.
 */
export function assignAll(
  members: readonly JoinedMember[],
  topics: WorldTopics,
  isCooperative: boolean,
): { readonly memberId: string; readonly assignment: Buffer }[] {
  const said = members.map(({ memberId, metadata }) => {
    const { topics: wanted, ownedPartitions } = TEXT_PROTOCOL.readSubscription(metadata)!;
    return {
      memberId,
      wanted,
      owned: new Set(partitionsOf(ownedPartitions)),
      given: [] as string[],
    };
  });
  for (const { name, partitionCount } of topics.topics()) {
    const takers = said.filter(({ wanted }) => wanted.includes(name));
    for (let at = 0; at < partitionCount && takers.length > 0; at++) {
      const partition = `${name}/${at}`;
      const taker = takers[at % takers.length]!;
      const others = said.filter(each => each !== taker && each.owned.has(partition));
      if (!isCooperative || others.length === 0) taker.given.push(partition);
    }
  }
  return said.map(({ memberId, given }) => {
    return { memberId, assignment: Buffer.from(partitionsText(named(given))) };
  });
}
