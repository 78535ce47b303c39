import type { JSX } from 'preact';
import type { TopicRow } from '../../api/types.ts';
import { bytes, count, plural, rate, shortCount } from '../../format.ts';
import { Icon } from '../../parts/icons.tsx';
import { Sparkline } from '../../parts/sparkline.tsx';
import { history } from '../../state/overview.ts';
import { hrefOf } from '../../state/route.ts';

/** One topic of the list. */
export function TopicLine({
  topic,
  onDelete,
}: {
  readonly topic: TopicRow;
  readonly onDelete: () => void;
}): JSX.Element {
  const { name, internal, partitions, records, bytes: size } = topic;
  const rates = history.topics.get(name);
  return (
    <div class="line topic-line">
      <div class="cell name" role="cell">
        <a href={hrefOf('topics', name)} title={name}>
          {name}
        </a>
        {internal ? <span class="badge">internal</span> : null}
      </div>
      <div class="cell numeric wide-only" role="cell">
        {count(partitions)}
      </div>
      <div class="cell numeric wide-only" role="cell">
        {count(records)}
      </div>
      <div class="cell numeric wide-only" role="cell">
        {bytes(size)}
      </div>
      <div class="cell narrow-only summary" role="cell">
        {plural(partitions, 'partition')} · {shortCount(records)} records · {bytes(size)}
      </div>
      <div class="cell course" role="cell">
        <Sparkline values={rates?.values ?? NONE} version={rates?.times.at(-1) ?? 0} />
        <span class="numeric">{rate(rates?.last ?? null)}</span>
      </div>
      <div class="cell actions" role="cell">
        {internal ? null : (
          <button
            type="button"
            class="ghost square"
            aria-label={`Delete ${name}`}
            title="Delete"
            onClick={onDelete}
          >
            <Icon name="trash" />
          </button>
        )}
      </div>
    </div>
  );
}

const NONE: readonly number[] = [];
