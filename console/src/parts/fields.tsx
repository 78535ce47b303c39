import type { Signal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';

/** A label over what it names. */
export function Labelled({
  label,
  hint,
  children,
}: {
  readonly label: string;
  readonly hint?: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <label class="field">
      <span>
        {label} {hint ? <small>{hint}</small> : null}
      </span>
      {children}
    </label>
  );
}

export interface InputProps {
  readonly name: string;
  readonly text: Signal<string>;
  readonly type?: 'text' | 'number' | 'datetime-local';
  readonly required?: boolean;
  readonly autofocus?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly title?: string;
  readonly placeholder?: string;
  /** Where there is no label beside it. */
  readonly label?: string;
}

/** One line that a signal keeps. */
export function Input({ text, label, type = 'text', ...rest }: InputProps): JSX.Element {
  // Preact's types tell every type of input apart; these have the same properties.
  const kind = { type } as { readonly type: 'text' };
  return (
    <input
      autocomplete="off"
      spellcheck={false}
      aria-label={label}
      {...kind}
      {...rest}
      value={text.value}
      onInput={event => (text.value = event.currentTarget.value)}
    />
  );
}

export interface ChoiceProps<Value extends string> {
  readonly name: string;
  /** Labels by their values. */
  readonly options: Readonly<Record<Value, string>>;
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  /** Where there is no label beside it. */
  readonly label?: string;
}

/** One of a few. */
export function Choice<Value extends string>({
  name,
  options,
  value,
  onChange,
  label,
}: ChoiceProps<Value>): JSX.Element {
  return (
    <select
      name={name}
      aria-label={label}
      value={value}
      onChange={event => onChange(event.currentTarget.value as Value)}
    >
      {Object.entries<string>(options).map(([one, text]) => (
        <option key={one} value={one}>
          {text}
        </option>
      ))}
    </select>
  );
}
