import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { HttpError } from '../../../../src/adapters/transport/http/http-errors.ts';
import {
  hostNames,
  isLoopback,
  refuseForeignSite,
} from '../../../../src/adapters/transport/http/request-guards.ts';

/** What a request is refused with; null when it is not. */
function refusal(
  method: string,
  headers: Record<string, string>,
  names: readonly string[] = [],
): number | null {
  try {
    refuseForeignSite({ method, headers } as unknown as IncomingMessage, hostNames(names));
    return null;
  } catch (error) {
    return (error as HttpError).errorCode;
  }
}

describe('the name that a client calls the broker by', () => {
  test.each([
    '127.0.0.1:8080',
    '127.0.0.1',
    'localhost:8080',
    'LOCALHOST',
    '[::1]:8080',
    '[::1]',
    'hexlog.localhost:80',
    '192.168.1.7:8080',
  ])('%s is its own', host => {
    expect(refusal('GET', { host })).toBeNull();
  });

  test.each([
    'evil.example:8080',
    'localhost.evil.example',
    'notlocalhost',
    '127.0.0.1.evil.example',
  ])('%s was made to resolve here', host => {
    expect(refusal('GET', { host })).toBe(40301);
    expect(refusal('POST', { host })).toBe(40301);
  });

  test('may be one that it was given, with any port', () => {
    const names = ['0.0.0.0', 'Broker.Example'];
    expect(refusal('GET', { host: 'broker.example' }, names)).toBeNull();
    expect(refusal('GET', { host: 'BROKER.example:80' }, names)).toBeNull();
    expect(refusal('GET', { host: 'a.broker.example' }, names)).toBe(40301);
    expect(refusal('GET', { host: 'evil.example' }, names)).toBe(40301);
  });

  test('may be any where that was asked for', () => {
    expect(refusal('GET', { host: 'evil.example' }, ['*'])).toBeNull();
  });

  test('may be missing: a browser always tells one', () => {
    expect(refusal('GET', {})).toBeNull();
  });

  test.each([
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
  ])('%s is reached from this machine alone: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});

describe('a write', () => {
  const host = 'localhost:8080';

  test.each([
    ['a script without a browser', {}],
    ['its own page', { origin: 'http://localhost:8080' }],
    ['its own page behind TLS', { origin: 'https://localhost:8080' }],
    ['its own page, as the browser says', { 'sec-fetch-site': 'same-origin' }],
    ['a bookmark', { 'sec-fetch-site': 'none' }],
  ])('of %s is taken', (_, headers) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      expect(refusal(method, { host, ...headers })).toBeNull();
    }
  });

  test.each([
    ['another site', { origin: 'http://evil.example' }],
    ['another port', { origin: 'http://localhost:3000' }],
    ['another site that tells no origin', { 'sec-fetch-site': 'cross-site' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['an origin with a path', { origin: 'http://localhost:8080/x' }],
    ['an empty origin', { origin: '' }],
    ['something that is no page', { origin: 'file://localhost:8080' }],
  ])('of %s is refused', (_, headers) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE']) {
      expect(refusal(method, { host, ...headers })).toBe(40301);
      expect(refusal(method, { host, ...headers }, ['*'])).toBe(40301);
    }
  });

  test.each(['GET', 'HEAD', 'OPTIONS'])('is no %s', method => {
    expect(refusal(method, { host, origin: 'http://evil.example' })).toBeNull();
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect(refusal(method, { host, ...link })).toBeNull();
  });
});

test('what a page of another site loads is refused, for to read as a consumer is to move on', () => {
  const image = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' };
  expect(refusal('GET', { host: 'localhost:8080', ...image })).toBe(40301);
});

test('a WebSocket is opened by its own pages alone, though it begins as a GET', () => {
  const headers = { host: 'localhost:8080', upgrade: 'websocket', connection: 'Upgrade' };
  expect(refusal('GET', headers)).toBeNull();
  expect(refusal('GET', { ...headers, origin: 'http://localhost:8080' })).toBeNull();
  expect(refusal('GET', { ...headers, origin: 'http://evil.example' })).toBe(40301);
  expect(refusal('GET', { ...headers, 'sec-fetch-site': 'cross-site' })).toBe(40301);
});
