import { attempt } from '../outcome.ts';
import type { ErrorName } from '../error.ts';
import { ClassicStep } from './classic/classic-step.ts';
import { validateFetch, type CommitVerdict } from './consumer/offset-fence.ts';
import type { CommitOffsets, DeleteOffsets, FetchOffsets } from './group-commands.ts';
import type { GroupSurroundings } from './group-surroundings.ts';
import type { Groups } from './groups.ts';
import {
  classicCommitRefusal,
  consumerCommitVerdict,
  missingGroupRefusal,
  noteCommit,
  storeOffsets,
} from './offsets/commit-offsets.ts';
import { deleteOffsets, isSubscribed } from './offsets/delete-offsets.ts';
import { fetchedOffsets } from './offsets/fetch-offsets.ts';
import type { Turn } from './turn.ts';

const ALL_ARE_TAKEN: CommitVerdict = () => null;

/** What is asked about the offsets of a group, of either kind. */
export class OffsetRequests {
  readonly #groups: Groups;
  readonly #surroundings: GroupSurroundings;

  constructor(groups: Groups, surroundings: GroupSurroundings) {
    this.#groups = groups;
    this.#surroundings = surroundings;
  }

  commit(command: CommitOffsets, turn: Turn): void {
    const { settings } = this.#surroundings;
    const verdict = this.#verdict(command);
    if (typeof verdict === 'string') {
      return turn.reply(command.replyTo, { errors: command.offsets.map(() => verdict) });
    }
    const classic = this.#groups.classic.get(command.groupId);
    if (classic) noteCommit(new ClassicStep(classic, turn, settings), command);
    storeOffsets(turn, command, { settings, verdict });
  }

  fetch(command: FetchOffsets, turn: Turn): void {
    const { topics } = this.#surroundings;
    const group = this.#groups.consumer.get(command.groupId);
    attempt(
      () => {
        if (group) validateFetch(group, command);
        const offsets = fetchedOffsets(this.#groups.offsets, command, topics);
        turn.reply(command.replyTo, { error: null, offsets });
      },
      ({ error }) => turn.reply(command.replyTo, { error, offsets: [] }),
    );
  }

  /** Of classic groups only consumers say what they subscribe to: any other must be empty (ClassicGroup.validateOffsetDelete). */
  delete(command: DeleteOffsets, turn: Turn): void {
    const { groupId, replyTo } = command;
    const { offsets } = this.#groups;
    const consumer = this.#groups.consumer.get(groupId);
    if (consumer) {
      const { subscribedTopics } = consumer;
      return deleteOffsets(turn, { reads: topic => subscribedTopics.has(topic), offsets }, command);
    }
    const group = this.#groups.classic.get(groupId);
    if (!group) return turn.reply(replyTo, { error: 'GROUP_ID_NOT_FOUND', errors: [] });
    if (!group.isEmpty && !group.usesConsumerProtocol) {
      return turn.reply(replyTo, { error: 'NON_EMPTY_GROUP', errors: [] });
    }
    deleteOffsets(turn, { reads: topic => isSubscribed(group, topic), offsets }, command);
  }

  #verdict(command: CommitOffsets): ErrorName | CommitVerdict {
    const { classic, consumer } = this.#groups;
    const members = consumer.get(command.groupId);
    if (members) return consumerCommitVerdict(members, command);
    const group = classic.get(command.groupId);
    const refusal = group ? classicCommitRefusal(group, command) : missingGroupRefusal(command);
    return refusal ?? ALL_ARE_TAKEN;
  }
}
