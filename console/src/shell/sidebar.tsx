import type { JSX } from 'preact';
import { Icon, Logo, type IconName } from '../parts/icons.tsx';
import { overview, trouble } from '../state/overview.ts';
import { hrefOf, route } from '../state/route.ts';
import { theme, toggleTheme } from '../state/theme.ts';

const PAGES: readonly { readonly page: string; readonly label: string; readonly icon: IconName }[] =
  [
    { page: 'topics', label: 'Topics', icon: 'topics' },
    { page: 'groups', label: 'Groups', icon: 'groups' },
    { page: 'broker', label: 'Broker', icon: 'broker' },
  ];

/** The way between pages; on a phone a bar at the top. */
export function Sidebar(): JSX.Element {
  const current = route.value.path[0] ?? 'topics';
  return (
    <header class="sidebar">
      <a class="brand" href={hrefOf('topics')}>
        <Logo />
        <span>Hexlog</span>
      </a>
      <nav class="pages" aria-label="Pages">
        {PAGES.map(({ page, label, icon }) => (
          <a key={page} href={hrefOf(page)} aria-current={page === current ? 'page' : undefined}>
            <Icon name={icon} />
            <span>{label}</span>
          </a>
        ))}
      </nav>
      <div class="side-foot">
        <Health />
        <ThemeToggle />
      </div>
    </header>
  );
}

function Health(): JSX.Element | null {
  const seen = overview.value;
  if (seen === null) return null;
  const isWell = trouble.value === null;
  return (
    <p class="health" title={`Cluster ${seen.broker.cluster_id}`}>
      <span class={isWell ? 'dot well' : 'dot'} aria-hidden="true" />
      <span class="health-text">
        {isWell ? 'Connected' : 'Disconnected'}
        <small>
          {seen.broker.storage} · {seen.broker.version}
        </small>
      </span>
    </p>
  );
}

function ThemeToggle(): JSX.Element {
  const other = theme.value === 'dark' ? 'light' : 'dark';
  return (
    <button
      type="button"
      class="ghost square theme-toggle"
      aria-label={`Use the ${other} theme`}
      title={`Use the ${other} theme`}
      onClick={toggleTheme}
    >
      <Icon name={theme.value === 'dark' ? 'sun' : 'moon'} />
    </button>
  );
}
