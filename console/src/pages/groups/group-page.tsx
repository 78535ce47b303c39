import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { groupPath } from '../../api/paths.ts';
import type { GroupView } from '../../api/types.ts';
import { count, plural } from '../../format.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Stat, Stats } from '../../parts/stat.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { usePolled } from '../../state/polled.ts';
import { hrefOf } from '../../state/route.ts';
import { LagChart } from './lag-chart.tsx';
import { LagTable } from './lag-table.tsx';
import { Members } from './members.tsx';
import { SeekDialog } from './seek-dialog.tsx';
import { StateBadge } from './state-badge.tsx';

const EVERY_MS = 2_000;

/** One group: how far behind it is and who is in it. */
export function GroupPage({ name }: { readonly name: string }): JSX.Element {
  const { value: group, error, refresh } = usePolled<GroupView>(groupPath(name), EVERY_MS);
  const isSeeking = useSignal(false);
  return (
    <section class="page">
      <PageHead
        title={name}
        note={group && <StateBadge state={group.state} />}
        back={{ href: hrefOf('groups'), label: 'Groups' }}
      >
        <button type="button" onClick={() => (isSeeking.value = true)} disabled={group === null}>
          Move offsets
        </button>
      </PageHead>
      {group ? (
        <Content group={group} />
      ) : error === null ? (
        <Loading label={`Loading ${name}`} />
      ) : (
        <Failure title="This group cannot be shown" message={error} onRetry={refresh} />
      )}
      {isSeeking.value && group ? (
        <SeekDialog group={group} onClose={() => (isSeeking.value = false)} onDone={refresh} />
      ) : null}
    </section>
  );
}

function Content({ group }: { readonly group: GroupView }): JSX.Element {
  const { partitions, members } = group;
  const lag = partitions.reduce((sum, one) => sum + (one.lag ?? 0), 0);
  return (
    <>
      <Stats>
        <Stat label="Lag" value={count(lag)} />
        <Stat label="Members" value={count(members.length)} />
        <Stat label="Partitions" value={count(partitions.length)} />
        <Stat label="Protocol" value={group.type} />
        <Stat label="Assignor" value={group.assignor ?? '—'} />
      </Stats>
      <section class="sheet pad">
        <h2>Lag over time</h2>
        <LagChart group={group} />
      </section>
      <h2>{plural(partitions.length, 'partition')}</h2>
      <LagTable group={group} />
      <h2>{plural(members.length, 'member')}</h2>
      <Members members={members} />
    </>
  );
}
