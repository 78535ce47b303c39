import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { SearchField } from '../../parts/search-field.tsx';
import { FILTER_KINDS, type Filter, type FilterKind } from './filter.ts';

/** A kind of filter and its text; it holds when it is sent, for it starts a search over the whole topic. */
export function FilterForm({
  filter,
  action,
  onFilter,
}: {
  readonly filter: Filter;
  readonly action: string;
  readonly onFilter: (filter: Filter) => void;
}): JSX.Element {
  const by = useSignal<FilterKind>(filter.by);
  const text = useSignal(filter.text);
  const send = (event: Event): void => {
    event.preventDefault();
    onFilter({ by: by.value, text: text.value });
  };
  const change = (next: string): void => {
    text.value = next;
    // The cross in the field takes the filter away at once.
    if (next === '' && filter.text !== '') onFilter({ by: by.value, text: '' });
  };
  return (
    <form class="filter" role="search" onSubmit={send}>
      <select
        aria-label="Where to look"
        value={by.value}
        onChange={event => (by.value = event.currentTarget.value as FilterKind)}
      >
        {Object.entries(FILTER_KINDS).map(([kind, { label }]) => (
          <option key={kind} value={kind}>
            {label}
          </option>
        ))}
      </select>
      <SearchField label={FILTER_KINDS[by.value].example} value={text.value} onInput={change} />
      <button type="submit">{action}</button>
    </form>
  );
}
