import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { TopicView } from '../../api/types.ts';
import { count, plural } from '../../format.ts';
import { Icon } from '../../parts/icons.tsx';
import { Empty, Failure, FailureLine, Loading } from '../../parts/states.tsx';
import { hrefOf } from '../../state/route.ts';
import { RecordList } from './record-list.tsx';
import { RecordWindow, type Place } from './record-window.ts';
import { SeekForm } from './seek-form.tsx';

/** So near to an end of what is loaded, more is asked for. */
const NEAR = 20;

export interface BrowserProps {
  readonly topic: TopicView;
  readonly partition: number;
  readonly from: Place;
  readonly onPartition: (partition: number) => void;
}

/** The records of one partition, which come as one scrolls. */
export function Browser({ topic, partition, from, onPartition }: BrowserProps): JSX.Element {
  const { name, partitions } = topic;
  const window = useMemo(() => new RecordWindow(name, partition), [name, partition]);
  useEffect(() => {
    void window.seek(from);
    return () => window.stop();
  }, [window]);
  const end = partitions[partition]?.end_offset ?? 0;
  return (
    <>
      <div class="toolbar">
        <SeekForm
          partitions={partitions}
          partition={partition}
          onPartition={onPartition}
          onSeek={place => void window.seek(place)}
        />
        <Pager window={window} end={end} />
      </div>
      <Records topic={name} window={window} />
    </>
  );
}

function Records({
  topic,
  window,
}: {
  readonly topic: string;
  readonly window: RecordWindow;
}): JSX.Element {
  const rows = window.rows.value;
  const failure = window.error.value;
  const retry = (): void => void window.retry();
  if (rows.length > 0) {
    const seen = (first: number, last: number): void => {
      if (first < NEAR) void window.older();
      else if (last > rows.length - NEAR && window.next < window.bounds.value.end) {
        void window.newer();
      }
    };
    return (
      <>
        {failure === null ? null : <FailureLine message={failure} onRetry={retry} />}
        <RecordList
          topic={topic}
          label="Messages"
          rows={rows}
          withPartition={false}
          shift={window.shift.value}
          atEnd={window.isAtEnd.value}
          onSeen={seen}
        />
      </>
    );
  }
  if (window.isLoading.value) return <Loading label="Loading messages" />;
  if (failure !== null) {
    return <Failure title="It cannot be read" message={failure} onRetry={retry} />;
  }
  return (
    <Empty title="Nothing here">
      <p>There is no record from this place on.</p>
      <a class="button" href={hrefOf('topics', topic, 'produce')}>
        Produce one
      </a>
    </Empty>
  );
}

/** Where one is, and the pages before and after. */
function Pager({
  window,
  end,
}: {
  readonly window: RecordWindow;
  readonly end: number;
}): JSX.Element {
  const rows = window.rows.value;
  const { start } = window.bounds.value;
  const first = rows[0]?.offset;
  const last = rows.at(-1)?.offset;
  const later = Math.max(0, end - window.next);
  return (
    <div class="pager">
      <span class="note" role="status">
        {first === undefined || last === undefined
          ? ''
          : `${count(first)} to ${count(last)} of ${count(start)} to ${count(Math.max(end - 1, last))}`}
      </span>
      <button
        type="button"
        class="ghost square"
        aria-label="Load older messages"
        title="Older"
        disabled={first === undefined || first <= start || window.isLoading.value}
        onClick={() => void window.older()}
      >
        <Icon name="up" />
      </button>
      <button
        type="button"
        class={later > 0 ? 'small' : 'ghost square'}
        aria-label="Load newer messages"
        title="Newer"
        disabled={later === 0 || window.isLoading.value}
        onClick={() => void (rows.length === 0 ? window.seek('end') : window.newer())}
      >
        <Icon name="down" />
        {later > 0 ? plural(later, 'newer', 'newer') : ''}
      </button>
    </div>
  );
}
