import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { PartitionRow } from '../../api/types.ts';
import { count, localNow } from '../../format.ts';
import { Choice, Input } from '../../parts/fields.tsx';
import type { Place } from './record-window.ts';

export interface SeekFormProps {
  readonly partitions: readonly PartitionRow[];
  readonly partition: number;
  readonly onPartition: (partition: number) => void;
  readonly onSeek: (place: Place) => void;
}

const PLACES = { end: 'Newest', start: 'Oldest', offset: 'Offset', time: 'Time' } as const;
type Kind = keyof typeof PLACES;

/** Which partition, and where in it. */
export function SeekForm(props: SeekFormProps): JSX.Element {
  const { partitions, partition, onPartition, onSeek } = props;
  const kind = useSignal<Kind>('end');
  const offset = useSignal('');
  const time = useSignal(localNow());
  const choose = (next: Kind): void => {
    kind.value = next;
    if (next === 'end' || next === 'start') onSeek(next);
  };
  const send = (event: Event): void => {
    event.preventDefault();
    onSeek(kind.value === 'time' ? `ts:${new Date(time.value).getTime()}` : offset.value);
  };
  const isOffset = kind.value === 'offset';
  const isTime = kind.value === 'time';
  return (
    <form class="seek" onSubmit={send}>
      <label class="inline">
        <span>Partition</span>
        <Choice
          name="partition"
          options={optionsOf(partitions)}
          value={String(partition)}
          onChange={one => onPartition(Number(one))}
        />
      </label>
      <label class="inline">
        <span>From</span>
        <Choice name="from" options={PLACES} value={kind.value} onChange={choose} />
      </label>
      {isOffset ? (
        <Input name="offset" type="number" label="Offset" min={0} required text={offset} />
      ) : null}
      {isTime ? (
        <Input name="time" type="datetime-local" label="Time" step={1} required text={time} />
      ) : null}
      {isOffset || isTime ? <button type="submit">Go</button> : null}
    </form>
  );
}

/** Each with how much is in it. */
function optionsOf(partitions: readonly PartitionRow[]): Record<string, string> {
  const labels = partitions.map(({ partition, start_offset: start, end_offset: end }) => {
    return [String(partition), `${partition} (${count(end - start)})`] as const;
  });
  return Object.fromEntries(labels);
}
