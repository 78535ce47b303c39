import { ClientError } from '../../adapters/transport/kafka/client/client-error.ts';
import type { GroupDescription } from '../../adapters/transport/kafka/client/groups.ts';

const MISSING = 'Dead';
const EMPTY = 'Empty';

/** Throws `refused` for a group that is not there. */
export function refuseMissing({ groupId, state }: GroupDescription): void {
  if (state !== MISSING) return;
  throw new ClientError('refused', `there is no group ${groupId}`, 'GROUP_ID_NOT_FOUND');
}

/** Throws `refused` for a group in use, whose members would go on where they are; one that is not there yet may be begun. */
export function refuseActive({ groupId, state, members }: GroupDescription): void {
  if (state === EMPTY || state === MISSING) return;
  const count = members.length === 1 ? '1 member' : `${members.length} members`;
  throw new ClientError(
    'refused',
    `group ${groupId} is ${state} and has ${count}: stop them first`,
    'NON_EMPTY_GROUP',
  );
}
