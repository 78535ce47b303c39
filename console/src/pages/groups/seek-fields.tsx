import { useSignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { Choice, Input, Labelled } from '../../parts/fields.tsx';
import { localNow } from '../../format.ts';

/** What a seek needs to know, as it is written in a form. */
export interface SeekDraft {
  readonly topic: Signal<string>;
  /** Empty for all. */
  readonly partition: Signal<string>;
  readonly to: Signal<Target>;
  readonly offset: Signal<string>;
  readonly time: Signal<string>;
}

const TARGETS = {
  start: 'The start',
  end: 'The end',
  offset: 'An offset',
  time: 'A time',
} as const;
type Target = keyof typeof TARGETS;

export function useSeekDraft(topic: string): SeekDraft {
  return {
    topic: useSignal(topic),
    partition: useSignal(''),
    to: useSignal<Target>('start'),
    offset: useSignal('0'),
    time: useSignal(localNow()),
  };
}

/** The body of `POST /v1/groups/{group}/offsets`. */
export function seekRequest(draft: SeekDraft, dryRun: boolean): object {
  const partition = draft.partition.value;
  return {
    topic: draft.topic.value,
    to: targetOf(draft),
    dry_run: dryRun,
    ...(partition === '' ? {} : { partition: Number(partition) }),
  };
}

function targetOf({ to, offset, time }: SeekDraft): unknown {
  if (to.value === 'offset') return { offset: Number(offset.value) };
  return to.value === 'time' ? { timestamp: new Date(time.value).getTime() } : to.value;
}

/** Which partitions, and where to. */
export function SeekFields({
  topics,
  draft: { topic, partition, to, offset, time },
}: {
  readonly topics: readonly string[];
  readonly draft: SeekDraft;
}): JSX.Element {
  const named = Object.fromEntries(topics.map(name => [name, name]));
  return (
    <>
      <p class="note">The group must have no members: they would go on where they are.</p>
      <div class="field-row">
        <Labelled label="Topic">
          <Choice
            name="topic"
            options={named}
            value={topic.value}
            onChange={one => (topic.value = one)}
          />
        </Labelled>
        <Labelled label="Partition">
          <Input name="partition" type="number" min={0} placeholder="all" text={partition} />
        </Labelled>
      </div>
      <Labelled label="To">
        <Choice name="to" options={TARGETS} value={to.value} onChange={one => (to.value = one)} />
      </Labelled>
      {to.value === 'offset' ? (
        <Labelled label="Offset">
          <Input name="offset" type="number" min={0} required text={offset} />
        </Labelled>
      ) : null}
      {to.value === 'time' ? (
        <Labelled label="Time">
          <Input name="time" type="datetime-local" step={1} required text={time} />
        </Labelled>
      ) : null}
    </>
  );
}
