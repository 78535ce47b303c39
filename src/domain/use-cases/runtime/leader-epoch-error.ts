import type { ErrorName } from '../../model/error.ts';
import type { Partition } from './partition.ts';

/** KIP-320: a client that knows another epoch than ours must look again; -1 is a client that does not say. */
export function leaderEpochError(partition: Partition, epoch: number): ErrorName | null {
  if (epoch < 0 || epoch === partition.leaderEpoch) return null;
  return epoch < partition.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH';
}
