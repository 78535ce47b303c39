import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { TopicView } from '../../api/types.ts';
import { rewriteQuery, route } from '../../state/route.ts';
import { Browser } from './browser.tsx';
import { FilterForm } from './filter-form.tsx';
import { NO_FILTER, type Filter } from './filter.ts';
import { SearchResults } from './search-results.tsx';

/** What lies in a topic: partition by partition, or what a search finds. */
export function MessagesTab({ topic }: { readonly topic: TopicView }): JSX.Element {
  const filter = useSignal<Filter>(NO_FILTER);
  const partition = useSignal(firstPartition(topic));
  const isSearch = filter.value.text.trim() !== '';
  const choose = (next: number): void => {
    partition.value = next;
    rewriteQuery({ partition: String(next) });
  };
  return (
    <>
      <div class="toolbar">
        <FilterForm
          filter={filter.value}
          action="Search"
          onFilter={next => (filter.value = next)}
        />
      </div>
      {isSearch ? (
        <SearchResults
          key={JSON.stringify(filter.value)}
          topic={topic.name}
          filter={filter.value}
          onClose={() => (filter.value = NO_FILTER)}
        />
      ) : (
        <Browser
          key={partition.value}
          topic={topic}
          partition={partition.value}
          from={route.value.query.get('from') ?? 'end'}
          onPartition={choose}
        />
      )}
    </>
  );
}

/** That of the address, else the first with anything in it. */
function firstPartition({ partitions }: TopicView): number {
  const asked = Number(route.value.query.get('partition') ?? NaN);
  if (partitions.some(({ partition }) => partition === asked)) return asked;
  return partitions.find(one => one.end_offset > one.start_offset)?.partition ?? 0;
}
