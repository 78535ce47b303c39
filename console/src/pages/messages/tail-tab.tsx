import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { tailPath } from '../../api/paths.ts';
import type { TopicView } from '../../api/types.ts';
import { count } from '../../format.ts';
import { Icon } from '../../parts/icons.tsx';
import { Empty, Failure, FailureLine } from '../../parts/states.tsx';
import { FilterForm } from './filter-form.tsx';
import { filterQuery, NO_FILTER, type Filter } from './filter.ts';
import { RecordList } from './record-list.tsx';
import { RecordStream, type StreamState } from './record-stream.ts';

type From = 'end' | 'start';

/** Records as they are written. */
export function TailTab({ topic: { name } }: { readonly topic: TopicView }): JSX.Element {
  const filter = useSignal<Filter>(NO_FILTER);
  const from = useSignal<From>('end');
  const query = { from: from.value, ...filterQuery(filter.value) };
  const url = tailPath(name, query);
  return (
    <>
      <div class="toolbar">
        <label class="inline">
          <span>From</span>
          <select
            value={from.value}
            onChange={event => (from.value = event.currentTarget.value as From)}
          >
            <option value="end">Now</option>
            <option value="start">Oldest</option>
          </select>
        </label>
        <FilterForm
          filter={filter.value}
          action="Filter"
          onFilter={next => (filter.value = next)}
        />
      </div>
      <Tail key={url} topic={name} url={url} />
    </>
  );
}

function Tail({ topic, url }: { readonly topic: string; readonly url: string }): JSX.Element {
  const stream = useMemo(() => new RecordStream({ url, untilEnd: false }), [url]);
  useEffect(() => {
    stream.open();
    return () => stream.stop();
  }, [stream]);
  const rows = stream.rows.value;
  const hasFailed = stream.state.value === 'failed';
  return (
    <>
      <TailBar stream={stream} />
      {hasFailed && rows.length > 0 ? (
        <FailureLine message={reasonOf(stream)} onRetry={() => stream.open()} />
      ) : null}
      {rows.length === 0 ? (
        <NothingYet stream={stream} />
      ) : (
        <RecordList
          topic={topic}
          label="Live messages"
          rows={rows}
          withPartition
          atEnd
          shift={stream.shift.value}
        />
      )}
    </>
  );
}

const STATES: Readonly<Record<StreamState, string>> = {
  connecting: 'Connecting…',
  reading: 'Reading',
  live: 'Live',
  ended: 'Ended',
  full: 'Ended',
  stopped: 'Ended',
  failed: 'Refused',
};

function TailBar({ stream }: { readonly stream: RecordStream }): JSX.Element {
  const isPaused = stream.isPaused.value;
  const state = stream.state.value;
  const isWell = (state === 'live' || state === 'reading') && !isPaused;
  return (
    <div class="toolbar tail-bar">
      <p class="live-state" role="status">
        <span class={isWell ? 'dot well' : 'dot'} aria-hidden="true" />
        {isPaused && !stream.isOver ? 'Paused' : STATES[state]}
      </p>
      {state === 'connecting' && stream.message.value !== null ? (
        <span class="note">{stream.message.value}</span>
      ) : null}
      <span class="note">
        {count(stream.received.value)} received
        {stream.waiting.value > 0 ? `, ${count(stream.waiting.value)} waiting` : ''}
      </span>
      <span class="spring" />
      <button type="button" class="ghost small" onClick={() => stream.clear()}>
        Clear
      </button>
      <button type="button" onClick={() => (isPaused ? stream.resume() : stream.pause())}>
        <Icon name={isPaused ? 'play' : 'pause'} /> {isPaused ? 'Resume' : 'Pause'}
      </button>
    </div>
  );
}

function reasonOf({ message }: RecordStream): string {
  return message.value ?? 'The topic may be gone, or the filter may not be one.';
}

function NothingYet({ stream }: { readonly stream: RecordStream }): JSX.Element {
  if (stream.state.value === 'failed') {
    return (
      <Failure
        title="The broker refuses"
        message={reasonOf(stream)}
        onRetry={() => stream.open()}
      />
    );
  }
  return (
    <Empty title="Waiting for messages">
      <p>What is produced from now on appears here.</p>
    </Empty>
  );
}
