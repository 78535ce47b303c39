import { signal } from '@preact/signals';

/** Where in the console one is. It lives in the hash, so that the server knows one page only. */
export interface Route {
  /** What stands between the slashes, decoded. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

export const route = signal<Route>(parseHash(location.hash));

addEventListener('hashchange', () => {
  route.value = parseHash(location.hash);
});

function parseHash(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  return {
    path: path.split('/').filter(Boolean).map(decoded),
    query: new URLSearchParams(query),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address of a page, for a link. */
export function hrefOf(...path: readonly string[]): string {
  return `#/${path.map(encodeURIComponent).join('/')}`;
}

export function goTo(href: string): void {
  location.hash = href;
}

/** Puts what one looks at into the address without a step in the history. */
export function rewriteQuery(query: Record<string, string>): void {
  const [path] = location.hash.split('?', 1);
  const text = new URLSearchParams(query).toString();
  history.replaceState(null, '', text === '' ? path : `${path}?${text}`);
}
