import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { SettingRow } from '../../api/types.ts';
import { UNKNOWN } from '../../format.ts';
import { SearchField } from '../../parts/search-field.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { usePolled } from '../../state/polled.ts';

const EVERY_MS = 30_000;

/** What the broker was told, and what it takes for granted. */
export function BrokerSettings(): JSX.Element {
  const path = '/v1/settings';
  const { value, error, refresh } = usePolled<{ settings: readonly SettingRow[] }>(path, EVERY_MS);
  const search = useSignal('');
  if (value === null) {
    if (error === null) return <Loading label="Loading the settings" />;
    return <Failure title="The settings cannot be shown" message={error} onRetry={refresh} />;
  }
  const wanted = search.value.trim().toLowerCase();
  const rows = value.settings.filter(({ name }) => name.includes(wanted)).sort(byOwn);
  return (
    <section class="broker-settings">
      <div class="toolbar">
        <h2>Settings</h2>
        <span class="spring" />
        <SearchField
          label="Find a setting"
          value={search.value}
          onInput={text => (search.value = text)}
        />
      </div>
      <ul class="sheet settings" aria-label="Settings">
        {rows.map(({ name, value: text, source, documentation }) => (
          <li key={name} class="setting">
            <div class="setting-name">
              <span class="mono">{name}</span>
              {isOwn(source) ? <span class="badge accent">{WORDS[source] ?? 'given'}</span> : null}
              <p class="note">{documentation}</p>
            </div>
            <span class="setting-value mono">{text || UNKNOWN}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const WORDS: Readonly<Record<string, string>> = {
  STATIC_BROKER_CONFIG: 'at start',
  DYNAMIC_BROKER_CONFIG: 'altered',
  DYNAMIC_DEFAULT_BROKER_CONFIG: 'altered',
};

function isOwn(source: string): boolean {
  return source !== 'DEFAULT_CONFIG';
}

function byOwn(one: SettingRow, other: SettingRow): number {
  if (isOwn(one.source) !== isOwn(other.source)) return isOwn(one.source) ? -1 : 1;
  return one.name < other.name ? -1 : 1;
}
