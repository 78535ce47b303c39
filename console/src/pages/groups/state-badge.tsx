import type { JSX } from 'preact';

/** The state of a group; those in which nobody reads stand out less. */
export function StateBadge({ state }: { readonly state: string }): JSX.Element {
  const tone = state === 'Stable' ? 'accent' : state === 'Empty' || state === 'Dead' ? '' : 'busy';
  return <span class={`badge ${tone}`}>{state}</span>;
}
