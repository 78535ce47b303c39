import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { restTopicPath } from '../../api/paths.ts';
import type { ConfigRow } from '../../api/types.ts';
import { UNKNOWN } from '../../format.ts';
import { Failure, Loading } from '../../parts/states.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { clusterId } from '../../state/overview.ts';
import { usePolled } from '../../state/polled.ts';
import { EditConfig } from './edit-config.tsx';

const EVERY_MS = 10_000;

/** The settings of a topic: those of its own first, and each can be changed. */
export function ConfigsTab({ topic }: { readonly topic: string }): JSX.Element {
  const path = `${restTopicPath(clusterId.value, topic)}/configs`;
  const { value, error, refresh } = usePolled<{ data: readonly ConfigRow[] }>(path, EVERY_MS);
  const search = useSignal('');
  const edited = useSignal<ConfigRow | null>(null);
  if (value === null) {
    if (error === null) return <Loading label="Loading the settings" />;
    return <Failure title="The settings cannot be shown" message={error} onRetry={refresh} />;
  }
  const wanted = search.value.trim().toLowerCase();
  const rows = value.data.filter(({ name }) => name.includes(wanted)).sort(byOwn);
  return (
    <>
      <div class="toolbar">
        <SearchField
          label="Find a setting"
          value={search.value}
          onInput={text => (search.value = text)}
        />
      </div>
      <ul class="sheet settings" aria-label="Settings">
        {rows.map(config => (
          <ConfigLine key={config.name} config={config} onEdit={() => (edited.value = config)} />
        ))}
      </ul>
      {edited.value === null ? null : (
        <EditConfig
          path={path}
          config={edited.value}
          onClose={() => (edited.value = null)}
          onDone={refresh}
        />
      )}
    </>
  );
}

function ConfigLine({
  config,
  onEdit,
}: {
  readonly config: ConfigRow;
  readonly onEdit: () => void;
}): JSX.Element {
  return (
    <li class="setting">
      <div class="setting-name">
        <span class="mono">{config.name}</span>
        {config.is_default ? null : <span class="badge accent">own</span>}
      </div>
      <span class="setting-value mono">{config.value || UNKNOWN}</span>
      <button
        type="button"
        class="ghost small"
        aria-label={`Edit ${config.name}`}
        disabled={config.is_read_only}
        onClick={onEdit}
      >
        Edit
      </button>
    </li>
  );
}

function byOwn(one: ConfigRow, other: ConfigRow): number {
  if (one.is_default !== other.is_default) return one.is_default ? 1 : -1;
  return one.name < other.name ? -1 : 1;
}
