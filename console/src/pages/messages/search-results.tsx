import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { tailPath } from '../../api/paths.ts';
import { count, plural } from '../../format.ts';
import { Empty, Failure, FailureLine, Loading } from '../../parts/states.tsx';
import { filterQuery, type Filter } from './filter.ts';
import { RecordList } from './record-list.tsx';
import { RecordStream, type StreamState } from './record-stream.ts';

/** What a search through the whole topic finds, as it finds it. */
export function SearchResults({
  topic,
  filter,
  onClose,
}: {
  readonly topic: string;
  readonly filter: Filter;
  readonly onClose: () => void;
}): JSX.Element {
  const stream = useMemo(() => {
    const url = tailPath(topic, { from: 'start', ...filterQuery(filter) });
    return new RecordStream({ url, untilEnd: true });
  }, [topic]);
  useEffect(() => {
    stream.open();
    return () => stream.stop();
  }, [stream]);
  const state = stream.state.value;
  const rows = stream.rows.value;
  return (
    <>
      <SearchBar stream={stream} onClose={onClose} />
      {state === 'failed' && rows.length > 0 ? (
        <FailureLine message={stream.message.value ?? HINT} onRetry={() => stream.open()} />
      ) : null}
      {rows.length > 0 ? (
        <RecordList
          topic={topic}
          label="Found messages"
          rows={rows}
          withPartition
          shift={stream.shift.value}
        />
      ) : (
        <NothingFound stream={stream} />
      )}
    </>
  );
}

function SearchBar({
  stream,
  onClose,
}: {
  readonly stream: RecordStream;
  readonly onClose: () => void;
}): JSX.Element {
  return (
    <div class="toolbar">
      <p class="note" role="status">
        {OUTCOMES[stream.state.value](stream.rows.value.length)}
      </p>
      {stream.isOver ? null : (
        <button type="button" class="ghost small" onClick={() => stream.stop()}>
          Stop
        </button>
      )}
      <button type="button" class="ghost small" onClick={onClose}>
        Back to all messages
      </button>
    </div>
  );
}

const searching = (found: number): string =>
  `Searching from the start… found ${plural(found, 'message')}`;
const soFar = (found: number): string => `Found ${plural(found, 'message')} before it ended`;

const OUTCOMES: Readonly<Record<StreamState, (found: number) => string>> = {
  connecting: searching,
  reading: searching,
  live: searching,
  ended: found => `Found ${plural(found, 'message')}`,
  full: found => `The first ${count(found)} messages that were found; there may be more`,
  stopped: soFar,
  failed: soFar,
};

const HINT = 'Check the filter: a JSON path begins with $ and goes on with names and indices.';

function NothingFound({ stream }: { readonly stream: RecordStream }): JSX.Element {
  const state = stream.state.value;
  if (state === 'ended') return <Empty title="No message is like that" />;
  if (state === 'stopped') return <Empty title="Nothing was found until it was stopped" />;
  if (state !== 'failed') return <Loading label="Searching" />;
  const message = stream.message.value ?? HINT;
  return (
    <Failure
      title="The broker refuses this search"
      message={message}
      onRetry={() => stream.open()}
    />
  );
}
