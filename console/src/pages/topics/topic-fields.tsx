import { useSignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { Choice, Input, Labelled } from '../../parts/fields.tsx';
import { POLICIES, type Policy } from './new-topic.ts';

/** A topic to be, as it is written in a form. */
export interface TopicDraft {
  readonly name: Signal<string>;
  readonly partitions: Signal<string>;
  readonly policy: Signal<Policy>;
  readonly settings: Signal<string>;
}

export function useTopicDraft(): TopicDraft {
  return {
    name: useSignal(''),
    partitions: useSignal('1'),
    policy: useSignal<Policy>('delete'),
    settings: useSignal(''),
  };
}

/** What Kafka takes for a name. */
const NAME_PATTERN = {
  pattern: '[a-zA-Z0-9._\\-]+',
  title: 'Letters, digits, dots, underscores and hyphens',
} as const;

export function TopicFields({
  draft: { name, partitions, policy, settings },
}: {
  readonly draft: TopicDraft;
}): JSX.Element {
  return (
    <>
      <Labelled label="Name">
        <Input name="topic" text={name} required autofocus maxLength={249} {...NAME_PATTERN} />
      </Labelled>
      <div class="field-row">
        <Labelled label="Partitions">
          <Input name="partitions" type="number" text={partitions} required min={1} max={10_000} />
        </Labelled>
        <Labelled label="Cleanup">
          <Choice
            name="policy"
            options={POLICIES}
            value={policy.value}
            onChange={one => (policy.value = one)}
          />
        </Labelled>
      </div>
      <Labelled label="Other settings" hint="one name=value a line">
        <textarea
          rows={3}
          spellcheck={false}
          placeholder="retention.ms=604800000"
          value={settings.value}
          onInput={event => (settings.value = event.currentTarget.value)}
        />
      </Labelled>
    </>
  );
}
