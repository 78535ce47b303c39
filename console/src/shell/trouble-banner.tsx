import type { JSX } from 'preact';
import { overview, refreshOverview, trouble } from '../state/overview.ts';

/** The broker is gone, and what is shown is from before. */
export function TroubleBanner(): JSX.Element | null {
  if (trouble.value === null || overview.value === null) return null;
  return (
    <div class="banner" role="alert">
      <p>
        <strong>{trouble.value}</strong> What you see is the last that was heard; it is asked again
        every few seconds.
      </p>
      <button type="button" onClick={refreshOverview}>
        Retry now
      </button>
    </div>
  );
}
