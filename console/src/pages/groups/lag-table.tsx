import type { JSX } from 'preact';
import type { GroupPartition, GroupView } from '../../api/types.ts';
import { count } from '../../format.ts';
import { VirtualList } from '../../parts/virtual-list.tsx';
import { narrow } from '../../state/narrow.ts';
import { hrefOf } from '../../state/route.ts';
import { Figure } from '../topic/partitions-tab.tsx';

/** Where a group is in each partition. */
export function LagTable({ group }: { readonly group: GroupView }): JSX.Element {
  const { partitions, members } = group;
  const most = Math.max(1, ...partitions.map(({ lag }) => lag ?? 0));
  const clients = new Map(members.map(({ id, client_id }) => [id, client_id || id]));
  if (partitions.length === 0) return <p class="note">It has committed nothing yet.</p>;
  return (
    <div class="sheet lags">
      <div class="heads" aria-hidden="true">
        <span class="head">Partition</span>
        <span class="head numeric">Committed</span>
        <span class="head numeric">End</span>
        <span class="head numeric">Lag</span>
        <span class="head">Member</span>
      </div>
      <VirtualList
        label="Lag by partition"
        class="of-page"
        count={partitions.length}
        rowHeight={narrow.value ? 84 : 44}
        keyOf={index => `${partitions[index]!.topic}/${partitions[index]!.partition}`}
        row={index => <LagLine row={partitions[index]!} most={most} clients={clients} />}
      />
    </div>
  );
}

function LagLine({
  row: { topic, partition, committed, end, lag, member },
  most,
  clients,
}: {
  readonly row: GroupPartition;
  readonly most: number;
  readonly clients: ReadonlyMap<string, string>;
}): JSX.Element {
  return (
    <div class="line lag-line">
      <div class="cell name" role="cell">
        <a href={`${hrefOf('topics', topic, 'messages')}?partition=${partition}`} title={topic}>
          {topic}
        </a>
        <span class="badge">{partition}</span>
      </div>
      <Figure label="Committed" value={count(committed)} />
      <Figure label="End" value={count(end)} />
      <div class="cell numeric lag" role="cell">
        <small class="narrow-only">Lag </small>
        {count(lag)}
        <meter min={0} max={most} value={lag ?? 0} aria-hidden="true" />
      </div>
      <div class="cell member" role="cell" title={member ?? undefined}>
        {member === null ? '—' : (clients.get(member) ?? member)}
      </div>
    </div>
  );
}
