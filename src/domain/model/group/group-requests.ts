import { groupRemoved } from './consumer/member-removal.ts';
import {
  deadGroup,
  describeClassicGroup,
  listClassicGroup,
  listConsumerGroup,
} from './describe-group.ts';
import type { DeleteGroup, DescribeGroup, ListGroups } from './group-commands.ts';
import type { GroupEvent } from './group-events.ts';
import type { GroupSettings } from './group-settings.ts';
import type { Groups } from './groups.ts';
import { deleteAll } from './offsets/delete-offsets.ts';
import {
  classicAging,
  consumerAging,
  expireOffsets,
  type AgesFrom,
} from './offsets/expire-offsets.ts';
import type { Turn } from './turn.ts';

/** A group of either kind, as far as it can be forgotten. */
interface ForgettableGroup {
  readonly isEmpty: boolean;
  readonly agesFrom: AgesFrom;
  readonly tombstones: () => GroupEvent[];
}

/** What is asked about whole groups, of either kind; and the forgetting of those that nobody needs any more. */
export class GroupRequests {
  readonly #groups: Groups;
  readonly #settings: GroupSettings;

  constructor(groups: Groups, settings: GroupSettings) {
    this.#groups = groups;
    this.#settings = settings;
  }

  describeClassic({ groupId, replyTo }: DescribeGroup, turn: Turn): void {
    const { classic, consumer } = this.#groups;
    const group = classic.get(groupId);
    if (group) return turn.reply(replyTo, describeClassicGroup(group));
    const problem = consumer.get(groupId) ? 'is not a classic group' : 'not found';
    turn.reply(replyTo, deadGroup(`Group ${groupId} ${problem}.`));
  }

  list({ replyTo }: ListGroups, turn: Turn): void {
    const { classic, consumer } = this.#groups;
    const groups = [
      ...Array.from(classic.values(), listClassicGroup),
      ...Array.from(consumer.groups(), listConsumerGroup),
    ];
    turn.reply(replyTo, { groups });
  }

  delete({ groupId, replyTo }: DeleteGroup, turn: Turn): void {
    const group = this.#find(groupId);
    if (!group) return turn.reply(replyTo, { error: 'GROUP_ID_NOT_FOUND' });
    if (!group.isEmpty) return turn.reply(replyTo, { error: 'NON_EMPTY_GROUP' });
    deleteAll(turn, this.#groups.offsets.ofGroup(groupId));
    for (const event of group.tombstones()) turn.emit(event);
    turn.reply(replyTo, { error: null });
  }

  /** Forgets old offsets, and groups that have nothing any more. */
  expire(turn: Turn): void {
    const { classic, consumer, offsets } = this.#groups;
    const ids = [...classic.keys(), ...Array.from(consumer.groups(), ({ id }) => id)];
    for (const groupId of ids) {
      const group = this.#find(groupId)!;
      const aging = { offsets: offsets.ofGroup(groupId), agesFrom: group.agesFrom };
      const nothingLeft = expireOffsets(turn, aging, this.#settings.offsetsRetentionMs);
      if (!nothingLeft || !group.isEmpty) continue;
      for (const event of group.tombstones()) turn.emit(event);
    }
  }

  #find(groupId: string): ForgettableGroup | null {
    const consumer = this.#groups.consumer.get(groupId);
    if (consumer) {
      return {
        isEmpty: consumer.state === 'Empty',
        agesFrom: consumerAging(consumer),
        tombstones: () => groupRemoved(consumer),
      };
    }
    const classic = this.#groups.classic.get(groupId);
    if (!classic) return null;
    return {
      isEmpty: classic.isEmpty,
      agesFrom: classicAging(classic),
      tombstones: () => [{ type: 'classic-group-deleted', groupId }],
    };
  }
}
