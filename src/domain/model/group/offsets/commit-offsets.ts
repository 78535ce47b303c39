import { attempt } from '../../outcome.ts';
import type { ErrorName } from '../../error.ts';
import type { ClassicGroup } from '../classic/classic-group.ts';
import type { ClassicStep } from '../classic/classic-step.ts';
import type { ConsumerGroup } from '../consumer/consumer-group.ts';
import { judgeCommit, type CommitVerdict } from '../consumer/offset-fence.ts';
import { bytesOf } from '../event-size.ts';
import type { CommitOffsets, OffsetToCommit } from '../group-commands.ts';
import type { OffsetStored } from '../group-events.ts';
import type { GroupSettings } from '../group-settings.ts';
import type { Turn } from '../turn.ts';

/** Whoever commits to a group that is not there begins it, unless it claims a generation (OffsetMetadataManager). */
export function missingGroupRefusal(command: CommitOffsets): ErrorName | null {
  if (command.generationId < 0) return null;
  return command.knowsMissingGroup ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION';
}

/** Why a classic group does not take this commit, or null (ClassicGroup.validateOffsetCommit). */
export function classicCommitRefusal(
  group: ClassicGroup,
  { memberId, instanceId, generationId }: CommitOffsets,
): ErrorName | null {
  if (generationId < 0 && group.isEmpty) return null;
  const claims = generationId >= 0 || memberId !== '' || instanceId !== null;
  if (!claims) return group.isEmpty ? null : 'UNKNOWN_MEMBER_ID';
  const refusal = group.refusalOf(memberId, instanceId);
  if (refusal !== null) return refusal;
  if (generationId !== group.generationId) return 'ILLEGAL_GENERATION';
  return group.state === 'CompletingRebalance' ? 'REBALANCE_IN_PROGRESS' : null;
}

/** Why a consumer group takes none of the offsets, or what it says of each. */
export function consumerCommitVerdict(
  group: ConsumerGroup,
  { memberId, generationId, knowsMissingGroup }: CommitOffsets,
): ErrorName | CommitVerdict {
  const claim = { memberId, memberEpoch: generationId, knowsEpochs: knowsMissingGroup };
  return attempt<ErrorName | CommitVerdict>(
    () => judgeCommit(group, claim),
    ({ error }) => error!,
  );
}

/** A member that commits is alive. */
export function noteCommit(step: ClassicStep, { memberId }: CommitOffsets): void {
  const member = step.group.members.get(memberId);
  if (member) step.setSessionTimer(member);
}

/** Stores what may be stored; the answer has one entry for each offset. */
export function storeOffsets(
  turn: Turn,
  command: CommitOffsets,
  { settings, verdict }: { settings: GroupSettings; verdict: CommitVerdict },
): void {
  const errors = command.offsets.map(({ topicId, partition, metadata }): ErrorName | null =>
    metadata.length > settings.offsetMetadataMaxBytes
      ? 'OFFSET_METADATA_TOO_LARGE'
      : verdict(topicId, partition),
  );
  const stored = command.offsets
    .filter((_, at) => errors[at] === null)
    .map(offset => storedOffset(offset, command, turn.nowMs));
  if (bytesOf(stored) > settings.maxEventBytes) {
    return turn.reply(command.replyTo, { errors: errors.map(e => e ?? 'UNKNOWN_SERVER_ERROR') });
  }
  for (const event of stored) turn.emit(event);
  turn.reply(command.replyTo, { errors });
}

function storedOffset(
  offset: OffsetToCommit,
  { groupId, retentionMs }: CommitOffsets,
  nowMs: number,
): OffsetStored {
  return {
    type: 'offset-stored',
    groupId,
    topic: offset.topic,
    partition: offset.partition,
    offset: offset.offset,
    leaderEpoch: offset.leaderEpoch,
    metadata: offset.metadata,
    commitTimestampMs: nowMs,
    expireTimestampMs: retentionMs === null ? null : nowMs + retentionMs,
    topicId: offset.topicId,
  };
}
