import { signal } from '@preact/signals';

export type Theme = 'light' | 'dark';

const KEY = 'hexlog.theme';
const system = matchMedia('(prefers-color-scheme: dark)');

/** What is shown now: what somebody chose, else the system's. */
export const theme = signal<Theme>(chosen() ?? ofSystem());

system.addEventListener('change', () => {
  if (chosen() === null) theme.value = ofSystem();
});

/** Takes the other theme and remembers it in this browser. */
export function toggleTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset['theme'] = theme.value;
  try {
    localStorage.setItem(KEY, theme.value);
  } catch {
    // Without storage it holds until the page is closed.
  }
}

function ofSystem(): Theme {
  return system.matches ? 'dark' : 'light';
}

function chosen(): Theme | null {
  const named = document.documentElement.dataset['theme'];
  return named === 'light' || named === 'dark' ? named : null;
}
