import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { GroupRow, Overview } from '../../api/types.ts';
import { count, plural, shortCount } from '../../format.ts';
import { ColumnHeads, sorted, type Column, type Order } from '../../parts/column-head.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { Sparkline } from '../../parts/sparkline.tsx';
import { Empty } from '../../parts/states.tsx';
import { VirtualList } from '../../parts/virtual-list.tsx';
import { narrow } from '../../state/narrow.ts';
import { history } from '../../state/overview.ts';
import { hrefOf } from '../../state/route.ts';
import { StateBadge } from './state-badge.tsx';

type By = 'id' | 'state' | 'members' | 'lag';

const COLUMNS: readonly Column<By>[] = [
  { name: 'id', label: 'Group' },
  { name: 'state', label: 'State' },
  { name: 'members', label: 'Members', numeric: true },
  { name: 'lag', label: 'Lag', numeric: true },
];

/** All groups. */
export function GroupsPage({ overview }: { readonly overview: Overview }): JSX.Element {
  const search = useSignal('');
  const order = useSignal<Order<By>>({ by: 'id', down: false });
  const { groups } = overview;
  const wanted = search.value.trim().toLowerCase();
  const found = groups.filter(({ id }) => id.toLowerCase().includes(wanted));
  const rows = sorted(found, order.value, (group, by) => group[by]);
  return (
    <section class="page">
      <PageHead title="Groups" note={plural(groups.length, 'consumer group')} />
      {groups.length === 0 ? (
        <Empty title="No groups yet">
          <p>A group is here once a consumer with a group id has joined, or committed an offset.</p>
        </Empty>
      ) : (
        <>
          <div class="toolbar">
            <SearchField
              label="Find a group"
              value={search.value}
              onInput={text => (search.value = text)}
            />
          </div>
          <div class="sheet groups">
            <VirtualList
              head={
                <ColumnHeads
                  columns={COLUMNS}
                  order={order.value}
                  onOrder={next => (order.value = next)}
                />
              }
              label="Groups"
              count={rows.length}
              rowHeight={narrow.value ? 72 : 48}
              keyOf={index => rows[index]!.id}
              row={index => <GroupLine group={rows[index]!} />}
            />
          </div>
        </>
      )}
    </section>
  );
}

function GroupLine({
  group: { id, state, members, lag },
}: {
  readonly group: GroupRow;
}): JSX.Element {
  const lags = history.lags.get(id);
  return (
    <div class="line group-line">
      <div class="cell name" role="cell">
        <a href={hrefOf('groups', id)} title={id}>
          {id}
        </a>
      </div>
      <div class="cell" role="cell">
        <StateBadge state={state} />
      </div>
      <div class="cell numeric wide-only" role="cell">
        {count(members)}
      </div>
      <div class="cell course" role="cell">
        <Sparkline values={lags?.values.slice(-40) ?? []} version={lags?.times.at(-1) ?? 0} />
        <span class="numeric">{shortCount(lag)}</span>
      </div>
    </div>
  );
}
