import type { JSX } from 'preact';
import { notify } from '../state/notices.ts';
import { Icon } from './icons.tsx';

/** Puts a text on the clipboard, where the browser lets it (a page over plain HTTP of another machine may not). */
export function CopyButton({ text }: { readonly text: () => string }): JSX.Element | null {
  if (!('clipboard' in navigator)) return null;
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text());
      notify('Copied.');
    } catch {
      notify('The browser does not let this page copy.');
    }
  };
  return (
    <button type="button" class="ghost small" onClick={() => void copy()}>
      <Icon name="copy" /> Copy
    </button>
  );
}
