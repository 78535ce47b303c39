import type { ComponentChildren, JSX } from 'preact';

/** One figure and what it says. */
export function Stat({
  label,
  value,
  hint,
  children,
}: {
  readonly label: string;
  readonly value: string;
  readonly hint?: string | undefined;
  readonly children?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="stat" title={hint}>
      <dt>{label}</dt>
      <dd>{value}</dd>
      {children}
    </div>
  );
}

/** Figures side by side; `wide` where they are long. */
export function Stats({
  wide = false,
  children,
}: {
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}): JSX.Element {
  return <dl class={wide ? 'stats wide' : 'stats'}>{children}</dl>;
}
