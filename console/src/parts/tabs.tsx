import type { JSX } from 'preact';

export interface Tab {
  readonly label: string;
  readonly href: string;
  readonly current: boolean;
}

/** Pages beside one another. They are links: each has an address, and the tabulator goes through them. */
export function Tabs({
  label,
  tabs,
}: {
  readonly label: string;
  readonly tabs: readonly Tab[];
}): JSX.Element {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(tab => (
        <a key={tab.href} href={tab.href} aria-current={tab.current ? 'page' : undefined}>
          {tab.label}
        </a>
      ))}
    </nav>
  );
}
