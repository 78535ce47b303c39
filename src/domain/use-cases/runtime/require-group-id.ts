import { BrokerError } from '../../model/error.ts';

/** Throws INVALID_GROUP_ID for the empty one, under which offsets may be committed but nobody may join. */
export function requireGroupId(groupId: string): void {
  if (groupId === '') throw new BrokerError('INVALID_GROUP_ID', 'the group id is empty');
}
