import { committedOffsets } from '../../adapters/transport/kafka/client/committed-offsets.ts';
import {
  deleteGroup,
  describeGroup,
  listGroups,
} from '../../adapters/transport/kafka/client/groups.ts';
import { groupJson, groupText } from './group-text.ts';
import { groupPartitions } from './group-partitions.ts';
import { refuseMissing } from './group-refusals.ts';
import { print, type ClientFlags } from './print.ts';
import { textTable } from './text-table.ts';
import { withCluster } from './with-cluster.ts';
import { withCoordinator } from './with-coordinator.ts';

export interface ListFlags extends ClientFlags {
  readonly state: readonly string[];
}

/** `hexlog group list`. */
export async function list(flags: ListFlags): Promise<void> {
  const groups = await withCluster(flags.bootstrap, cluster => listGroups(cluster, flags.state));
  const shown = groups.map(({ groupId, ...rest }) => ({ group: groupId, ...rest }));
  const rows = groups.map(({ groupId, state, type, protocolType }) => {
    return [groupId, state || '-', type || '-', protocolType || '-'];
  });
  const table = textTable(['GROUP', 'STATE', 'TYPE', 'PROTOCOL'], rows);
  print(flags, shown, rows.length === 0 ? '' : table.join('\n'));
}

/** `hexlog group describe`. */
export async function describe(name: string, flags: ClientFlags): Promise<void> {
  const described = await withCoordinator(flags.bootstrap, name, async (coordinator, cluster) => {
    const group = await describeGroup(coordinator);
    refuseMissing(group);
    const topics = await cluster.topics();
    const committed = await committedOffsets(coordinator, topics);
    const partitions = await groupPartitions(cluster, { group, committed, topics });
    return { group, partitions };
  });
  print(flags, groupJson(described), groupText(described));
}

/** `hexlog group delete`. */
export async function remove(name: string, flags: ClientFlags): Promise<void> {
  await withCoordinator(flags.bootstrap, name, deleteGroup);
  print(flags, { group: name, deleted: true }, `deleted group ${name}`);
}
