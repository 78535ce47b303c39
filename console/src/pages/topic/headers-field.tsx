import type { JSX } from 'preact';
import { Icon } from '../../parts/icons.tsx';
import type { HeaderDraft } from './produce-draft.ts';

/** Any number of headers, each a name and a text. */
export function HeadersField({
  headers,
  onChange,
}: {
  readonly headers: readonly HeaderDraft[];
  readonly onChange: (headers: readonly HeaderDraft[]) => void;
}): JSX.Element {
  const alter = (at: number, part: Partial<HeaderDraft>): void => {
    onChange(headers.map((header, index) => (index === at ? { ...header, ...part } : header)));
  };
  return (
    <fieldset class="field">
      <legend>Headers</legend>
      {headers.map(({ name, value }, at) => (
        <div class="header-row" key={at}>
          <input
            aria-label={`Name of header ${at + 1}`}
            placeholder="name"
            spellcheck={false}
            value={name}
            onInput={event => alter(at, { name: event.currentTarget.value })}
          />
          <input
            aria-label={`Value of header ${at + 1}`}
            placeholder="value"
            spellcheck={false}
            value={value}
            onInput={event => alter(at, { value: event.currentTarget.value })}
          />
          <button
            type="button"
            class="ghost square"
            aria-label={`Remove header ${at + 1}`}
            onClick={() => onChange(headers.filter((_, index) => index !== at))}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
      <button
        type="button"
        class="ghost small"
        onClick={() => onChange([...headers, { name: '', value: '' }])}
      >
        <Icon name="plus" /> Add a header
      </button>
    </fieldset>
  );
}
