import type { JSX } from 'preact';
import { Icon } from './icons.tsx';

export interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (text: string) => void;
}

/** Where `/` leads to. */
export function SearchField({ label, value, onInput }: SearchFieldProps): JSX.Element {
  return (
    <label class="search">
      <Icon name="search" />
      <input
        type="search"
        data-search
        aria-label={label}
        placeholder={label}
        autocomplete="off"
        spellcheck={false}
        value={value}
        onInput={event => onInput(event.currentTarget.value)}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}

/** Lets `/` go to the search of the page that is shown, unless somebody is writing. */
export function listenForSlash(): void {
  document.addEventListener('keydown', event => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isWriting(event.target)) return;
    const field = document.querySelector<HTMLInputElement>('input[data-search]');
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, dialog *');
}
