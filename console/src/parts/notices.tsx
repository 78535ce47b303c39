import type { JSX } from 'preact';
import { notices } from '../state/notices.ts';

/** What was done, in a corner, and said by screen readers. */
export function Notices(): JSX.Element {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  );
}
