import { isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-errors.ts';

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** Whether nobody but this machine reaches an address. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host) || host.startsWith('127.');
}

/** Whether a broker goes by a name, in lower case. */
export type IsOwnName = (name: string) => boolean;

/** The names of a broker: these, all addresses and localhost; any, where `*` is among these. */
export function hostNames(names: readonly string[]): IsOwnName {
  if (names.includes('*')) return () => true;
  const own = new Set(names.map(name => name.toLowerCase()));
  return name =>
    own.has(name) || isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost');
}

/**
 * Throws for a request that a page of another site made a browser send. Without authentication, that not everybody can reach
 * this port is what protects it, and a browser inside is asked from outside: writes of other origins are refused, and so is every
 * name that is not the broker's, for such a name may have been made to resolve here (DNS rebinding).
 */
export function refuseForeignSite(request: IncomingMessage, isOwnName: IsOwnName): void {
  const { host, origin } = request.headers;
  // Every browser names the host.
  if (host !== undefined && !isOwnName(hostnameOf(host))) throw otherName(host);
  const { 'sec-fetch-site': site, 'sec-fetch-mode': mode } = request.headers;
  // A page elsewhere may link to the console. It may not load anything: a consumer's read moves its position.
  const writes = !READING.has(request.method ?? '') || request.headers.upgrade !== undefined;
  if (site === 'cross-site' && (writes || mode !== 'navigate')) throw crossOrigin('another site');
  if (!writes) return;
  if (origin !== undefined && hostOfOrigin(origin) !== host) throw crossOrigin(origin);
}

function crossOrigin(origin: string): HttpError {
  return new HttpError(40301, `a page of ${origin} may not write here`);
}

function otherName(host: string): HttpError {
  const name = hostnameOf(host);
  const message = `this broker is not called ${name}: if it is, http.allowed.hosts should have it`;
  return new HttpError(40301, message);
}

/** `[::1]:8080` is the host ::1. */
function hostnameOf(host: string): string {
  const bracketed = /^\[(.+)\](?::\d+)?$/.exec(host);
  return bracketed?.[1] ?? host.replace(/:\d+$/, '').toLowerCase();
}

function hostOfOrigin(origin: string): string | null {
  return /^https?:\/\/([^/]+)$/.exec(origin)?.[1] ?? null;
}
