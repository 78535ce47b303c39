import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { restTopicPath } from '../../api/paths.ts';
import { sendJson } from '../../api/request.ts';
import type { TopicView } from '../../api/types.ts';
import { FormError } from '../../parts/states.tsx';
import { useSubmit } from '../../parts/submit.ts';
import { clusterId, refreshOverview } from '../../state/overview.ts';
import { hrefOf } from '../../state/route.ts';
import { HeadersField } from './headers-field.tsx';
import {
  EMPTY_DRAFT,
  requestOf,
  valueProblem,
  type ProduceDraft,
  type ValueType,
} from './produce-draft.ts';

interface Written {
  readonly partition_id: number;
  readonly offset: number;
}

const TYPES: readonly ValueType[] = ['JSON', 'Text', 'Base64', 'Null'];
/** So many of what was written are named. */
const NAMED = 10;

/** Writes single messages by hand. */
export function ProduceTab({
  topic,
  onWritten,
}: {
  readonly topic: TopicView;
  readonly onWritten: () => void;
}): JSX.Element {
  const draft = useSignal<ProduceDraft>(EMPTY_DRAFT);
  const written = useSignal<readonly Written[]>([]);
  const change = (part: Partial<ProduceDraft>): void => {
    draft.value = { ...draft.value, ...part };
  };
  const problem = valueProblem(draft.value);
  const { submit, isBusy, error } = useSubmit(async () => {
    if (problem !== null) throw new Error(problem);
    const path = `${restTopicPath(clusterId.value, topic.name)}/records`;
    const answer = await sendJson<Written>('POST', path, requestOf(draft.value));
    written.value = [answer!, ...written.value].slice(0, NAMED);
    onWritten();
    refreshOverview();
  });
  const sendByKeys = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit(event);
  };
  return (
    <div class="produce">
      <form class="sheet form" onSubmit={submit} onKeyDown={sendByKeys}>
        <KeyAndPartition topic={topic} draft={draft.value} onChange={change} />
        <ValueField draft={draft.value} problem={problem} onChange={change} />
        <HeadersField headers={draft.value.headers} onChange={headers => change({ headers })} />
        <FormError message={error} />
        <footer class="form-foot">
          <span class="note wide-only">
            <kbd>Ctrl</kbd> <kbd>Enter</kbd> sends
          </span>
          <button type="submit" class="primary" disabled={isBusy || problem !== null}>
            Produce
          </button>
        </footer>
      </form>
      <WrittenList topic={topic.name} written={written.value} />
    </div>
  );
}

interface PartProps {
  readonly draft: ProduceDraft;
  readonly onChange: (part: Partial<ProduceDraft>) => void;
}

function KeyAndPartition({
  topic,
  draft,
  onChange,
}: PartProps & { readonly topic: TopicView }): JSX.Element {
  return (
    <div class="field-row">
      <label class="field">
        <span>
          Key <small>without one, the partition is any</small>
        </span>
        <input
          name="key"
          autocomplete="off"
          spellcheck={false}
          placeholder="no key"
          value={draft.key}
          onInput={({ currentTarget: { value: key } }) => onChange({ key, hasKey: key !== '' })}
        />
      </label>
      <label class="field">
        <span>Partition</span>
        <select
          name="partition"
          value={String(draft.partition ?? '')}
          onChange={({ currentTarget: { value } }) =>
            onChange({ partition: value === '' ? null : Number(value) })
          }
        >
          <option value="">by the key</option>
          {topic.partitions.map(({ partition }) => (
            <option key={partition}>{partition}</option>
          ))}
        </select>
      </label>
    </div>
  );
}

function ValueField({
  draft: { value, valueType },
  problem,
  onChange,
}: PartProps & { readonly problem: string | null }): JSX.Element {
  const isWrong = problem !== null && value !== '';
  return (
    <fieldset class="field">
      <legend>Value</legend>
      <div class="looks" role="group" aria-label="What the value is">
        {TYPES.map(type => (
          <button
            key={type}
            type="button"
            aria-pressed={type === valueType}
            onClick={() => onChange({ valueType: type })}
          >
            {type}
          </button>
        ))}
      </div>
      {valueType === 'Null' ? (
        <p class="note">A null value is a tombstone: compaction removes its key.</p>
      ) : (
        <textarea
          name="value"
          class="mono"
          rows={10}
          aria-label="Value"
          spellcheck={false}
          aria-invalid={isWrong}
          placeholder={valueType === 'JSON' ? '{ "hello": "world" }' : ''}
          value={value}
          onInput={event => onChange({ value: event.currentTarget.value })}
        />
      )}
      <p class={isWrong ? 'check-line wrong' : 'check-line'} role="status">
        {isWrong ? problem : valueType === 'JSON' && value !== '' ? 'Sound JSON' : ''}
      </p>
    </fieldset>
  );
}

function WrittenList({
  topic,
  written,
}: {
  readonly topic: string;
  readonly written: readonly Written[];
}): JSX.Element {
  return (
    <section class="written" aria-label="What was written" aria-live="polite">
      <h2>Written</h2>
      {written.length === 0 ? <p class="note">Nothing yet.</p> : null}
      <ul>
        {written.map(({ partition_id: partition, offset }) => (
          <li key={`${partition}-${offset}`}>
            <a
              href={`${hrefOf('topics', topic, 'messages')}?partition=${partition}&from=${offset}`}
            >
              Partition {partition}, offset {offset}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
