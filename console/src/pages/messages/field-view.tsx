import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Field, LogRecord } from '../../api/types.ts';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Loading } from '../../parts/states.tsx';
import { bytesOf } from './field-text.ts';
import { HexView } from './hex-view.tsx';
import { JsonView } from './json-view.tsx';
import { useRawBytes } from './raw-bytes.ts';

type Look = 'Pretty' | 'Text' | 'Hex';

export interface FieldViewProps {
  readonly topic: string;
  readonly record: LogRecord;
  readonly name: 'key' | 'value';
  readonly field: Field;
}

/** A key or a value, looked at in the ways that suit it. */
export function FieldView(props: FieldViewProps): JSX.Element {
  const { name, field } = props;
  const looks = looksOf(field);
  const look = useSignal<Look | null>(null);
  const current = look.value ?? looks[0] ?? null;
  return (
    <section class="field-view">
      <header>
        <h3>{name === 'key' ? 'Key' : 'Value'}</h3>
        <div class="looks" role="group" aria-label={`How to show the ${name}`}>
          {looks.map(one => (
            <button
              key={one}
              type="button"
              aria-pressed={one === current}
              onClick={() => (look.value = one)}
            >
              {one}
            </button>
          ))}
        </div>
        {field.type === 'json' || field.type === 'string' ? (
          <CopyButton text={() => textOf(field)} />
        ) : null}
      </header>
      {current === null ? <p class="note">null</p> : <Shown {...props} look={current} />}
    </section>
  );
}

function looksOf({ type }: Field): readonly Look[] {
  if (type === 'json') return ['Pretty', 'Text', 'Hex'];
  if (type === 'string') return ['Text', 'Hex'];
  return type === 'binary' ? ['Hex'] : [];
}

function textOf({ type, data }: Field): string {
  return type === 'json' ? JSON.stringify(data, null, 2) : String(data);
}

function Shown({ look, ...props }: FieldViewProps & { readonly look: Look }): JSX.Element {
  const { field } = props;
  if (look === 'Pretty') return <JsonView value={field.data} />;
  if (look === 'Text' && field.type === 'string')
    return <pre class="code">{String(field.data)}</pre>;
  if (field.type === 'binary') return <HexView bytes={bytesOf(String(field.data))} />;
  return <Raw {...props} look={look} />;
}

/** What really lies in the log, which decoding may have changed. */
function Raw({ look, ...props }: FieldViewProps & { readonly look: Look }): JSX.Element {
  const raw = useRawBytes(props);
  if (raw.error !== null) return <p class="form-error">{raw.error}</p>;
  if (raw.bytes === null) return <Loading />;
  if (look === 'Hex') return <HexView bytes={raw.bytes} />;
  return <pre class="code">{new TextDecoder().decode(raw.bytes)}</pre>;
}
