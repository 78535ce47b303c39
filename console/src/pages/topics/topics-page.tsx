import { useSignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Overview, TopicRow } from '../../api/types.ts';
import { bytes, count, plural, perSecond, rate } from '../../format.ts';
import { ColumnHeads, sorted, type Column, type Order } from '../../parts/column-head.tsx';
import { Icon } from '../../parts/icons.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { Stat, Stats } from '../../parts/stat.tsx';
import { Empty } from '../../parts/states.tsx';
import { VirtualList } from '../../parts/virtual-list.tsx';
import { narrow } from '../../state/narrow.ts';
import { history } from '../../state/overview.ts';
import { CreateTopic } from './create-topic.tsx';
import { DeleteTopic } from './delete-topic.tsx';
import { TopicLine } from './topic-line.tsx';

type By = 'name' | 'partitions' | 'records' | 'bytes' | 'rate';

const COLUMNS: readonly Column<By>[] = [
  { name: 'name', label: 'Topic' },
  { name: 'partitions', label: 'Partitions', numeric: true },
  { name: 'records', label: 'Records', numeric: true },
  { name: 'bytes', label: 'Size', numeric: true },
  { name: 'rate', label: 'Messages/s', numeric: true },
];

/** All topics, found and sorted. */
export function TopicsPage({ overview }: { readonly overview: Overview }): JSX.Element {
  const search = useSignal('');
  const showInternal = useSignal(false);
  const order = useSignal<Order<By>>({ by: 'name', down: false });
  const isCreating = useSignal(false);
  const deleted = useSignal<string | null>(null);
  const { topics } = overview;
  const visible = topics.filter(({ internal }) => showInternal.value || !internal);
  const rows = sorted(found(visible, search.value), order.value, valueOf);
  return (
    <section class="page">
      <PageHead title="Topics" note={plural(visible.length, 'topic')}>
        <button type="button" class="primary" onClick={() => (isCreating.value = true)}>
          <Icon name="plus" /> Create topic
        </button>
      </PageHead>
      <Totals overview={overview} />
      <div class="toolbar">
        <SearchField
          label="Find a topic"
          value={search.value}
          onInput={text => (search.value = text)}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={showInternal.value}
            onChange={event => (showInternal.value = event.currentTarget.checked)}
          />
          Internal topics
        </label>
      </div>
      {rows.length === 0 ? (
        <NoTopics isSearch={visible.length > 0} onCreate={() => (isCreating.value = true)} />
      ) : (
        <TopicList rows={rows} order={order} onDelete={name => (deleted.value = name)} />
      )}
      {isCreating.value ? <CreateTopic onClose={() => (isCreating.value = false)} /> : null}
      {deleted.value === null ? null : (
        <DeleteTopic name={deleted.value} onClose={() => (deleted.value = null)} />
      )}
    </section>
  );
}

function TopicList({
  rows,
  order,
  onDelete,
}: {
  readonly rows: readonly TopicRow[];
  readonly order: Signal<Order<By>>;
  readonly onDelete: (name: string) => void;
}): JSX.Element {
  return (
    <div class="sheet topics">
      <VirtualList
        head={
          <ColumnHeads
            columns={COLUMNS}
            order={order.value}
            onOrder={next => (order.value = next)}
          />
        }
        label="Topics"
        count={rows.length}
        rowHeight={narrow.value ? 72 : 48}
        keyOf={index => rows[index]!.name}
        row={index => {
          const topic = rows[index]!;
          return <TopicLine topic={topic} onDelete={() => onDelete(topic.name)} />;
        }}
      />
    </div>
  );
}

function Totals({ overview: { topics, groups } }: { readonly overview: Overview }): JSX.Element {
  const size = topics.reduce((sum, topic) => sum + topic.bytes, 0);
  const partitions = topics.reduce((sum, topic) => sum + topic.partitions, 0);
  const lag = groups.reduce((sum, group) => sum + (group.lag ?? 0), 0);
  return (
    <Stats>
      <Stat label="Messages in" value={perSecond(rate(history.messagesIn.last))} />
      <Stat label="Bytes in" value={perSecond(bytes(history.bytesIn.last))} />
      <Stat label="Bytes out" value={perSecond(bytes(history.bytesOut.last))} />
      <Stat label="Stored" value={bytes(size)} />
      <Stat label="Partitions" value={count(partitions)} />
      <Stat label="Lag of all groups" value={count(lag)} />
    </Stats>
  );
}

function NoTopics({
  isSearch,
  onCreate,
}: {
  readonly isSearch: boolean;
  readonly onCreate: () => void;
}): JSX.Element {
  if (isSearch) return <Empty title="No topic has such a name" />;
  return (
    <Empty title="No topics yet">
      <p>Create one here, or let a client produce to a name of its choice.</p>
      <button type="button" class="primary" onClick={onCreate}>
        <Icon name="plus" /> Create the first topic
      </button>
    </Empty>
  );
}

function found(topics: readonly TopicRow[], search: string): readonly TopicRow[] {
  const wanted = search.trim().toLowerCase();
  if (wanted === '') return topics;
  return topics.filter(({ name }) => name.toLowerCase().includes(wanted));
}

function valueOf(topic: TopicRow, by: By): string | number | null {
  return by === 'rate' ? (history.topics.get(topic.name)?.last ?? null) : topic[by];
}
