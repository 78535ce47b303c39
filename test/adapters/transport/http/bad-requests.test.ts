import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HttpClient } from '../../../support/http-client.ts';
import { testBroker, type TestBroker } from '../../../support/broker.ts';

const MAX_BODY_BYTES = 10_000;
const JSON_V2 = 'application/vnd.kafka.json.v2+json';

let broker: TestBroker;
let http: HttpClient;
let topics: string;

beforeAll(async () => {
  broker = await testBroker({ storage: 'memory', httpPort: 0, httpMaxBodyBytes: MAX_BODY_BYTES });
  http = new HttpClient(broker.http);
  topics = `/v3/clusters/${broker.clusterId}/topics`;
  await http.ask(`POST ${topics}`, { body: { topic_name: 'orders', partitions_count: 2 } });
});

afterAll(() => broker[Symbol.asyncDispose]());

/** The status of an answer that tells why, as every error does. */
async function refused(line: string, ask: Parameters<HttpClient['ask']>[1] = {}): Promise<number> {
  const { status, json, headers, text } = await http.ask(line, ask);
  expect(headers['content-type'], text).toMatch(/^application\/.*json/);
  expect(json).toEqual({
    error_code: expect.any(Number) as number,
    message: expect.any(String) as string,
  });
  const { error_code: code } = json as { error_code: number };
  expect(Math.floor(code >= 1000 ? code / 100 : code)).toBe(status);
  return status;
}

describe('bodies', () => {
  test.each([
    ['POST', '/topics/orders', JSON_V2],
    ['POST', '/consumers/g', 'application/vnd.kafka.v2+json'],
  ])('of more bytes than may be: %s %s', async (method, path, type) => {
    const body = `{"records":["${'x'.repeat(MAX_BODY_BYTES)}"]}`;
    expect(await refused(`${method} ${path}`, { headers: { 'content-type': type }, body })).toBe(
      413,
    );
  });

  test('of more bytes than may be, in a stream of records', async () => {
    const big = { value: { type: 'STRING', data: 'x'.repeat(MAX_BODY_BYTES) } };
    expect(await refused(`POST ${topics}/orders/records`, { body: big })).toBe(413);
  });

  test('a GET with more bytes than may be', async () => {
    await http.ask('POST /consumers/g', { body: { name: 'big' } });
    const body = `{"partitions":[${'1,'.repeat(MAX_BODY_BYTES)}1]}`;
    expect(await refused('GET /consumers/g/instances/big/offsets', { body })).toBe(413);
    await http.ask('DELETE /consumers/g/instances/big');
  });

  test.each(['{', '{"a":}', 'null', '[]', '"text"', '1', '{"a":1}{', ''])(
    'that are no topic: %s',
    async body => {
      const headers = { 'content-type': 'application/json' };
      expect(await refused(`POST ${topics}`, { headers, body })).toBe(400);
      expect(await refused('POST /consumers/g', { headers, body })).toBe(400);
      const v2 = { 'content-type': JSON_V2 };
      expect(await refused('POST /topics/orders', { headers: v2, body })).toBe(400);
    },
  );

  test('that tell of __proto__ change nothing', async () => {
    const body = '{"topic_name":"proto","__proto__":{"validate_only":true},"constructor":{}}';
    const headers = { 'content-type': 'application/json' };
    expect((await http.ask(`POST ${topics}`, { headers, body })).status).toBe(201);
    expect(({} as Record<string, unknown>)['validate_only']).toBeUndefined();
    await http.get(`${topics}/proto`);
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/vnd.kafka.avro.v2+json',
    'nonsense',
  ])('of a type that nobody reads: %s', async type => {
    const ask = { headers: { 'content-type': type }, body: '{}' };
    expect(await refused(`POST ${topics}`, ask)).toBe(415);
    expect(await refused(`POST ${topics}/orders/records`, ask)).toBe(415);
    expect(await refused('POST /topics/orders', ask)).toBe(415);
    expect(await refused('POST /consumers/g', ask)).toBe(415);
  });

  test('of records, in a type that says nothing of what they are', async () => {
    const headers = { 'content-type': 'application/json' };
    const ask = { headers, body: '{"records":[{"value":1}]}' };
    expect(await refused('POST /topics/orders', ask)).toBe(415);
  });

  test('without a type', async () => {
    expect(await refused(`POST ${topics}`, { body: '{}' })).toBe(415);
  });

  test('with more depth than can be followed', async () => {
    const deep = `${'['.repeat(4500)}${']'.repeat(4500)}`;
    const headers = { 'content-type': JSON_V2 };
    const body = `{"records":[{"value":${deep}}]}`;
    expect(await refused('POST /topics/orders', { headers, body })).toBe(422);
    const stream = `{"value":{"type":"JSON","data":${deep}}}`;
    const json = { headers: { 'content-type': 'application/json' }, body: stream };
    expect(await refused(`POST ${topics}/orders/records`, json)).toBe(400);
  });

  test.each(['9007199254740993', '{"id":[1e400]}'])(
    'with numbers that would not be kept: %s',
    async data => {
      const v2 = { headers: { 'content-type': JSON_V2 }, body: `{"records":[{"value":${data}}]}` };
      expect(await refused('POST /topics/orders', v2)).toBe(422);
      const headers = { 'content-type': 'application/json' };
      const record = `{"value":{"type":"JSON","data":${data}}}`;
      const records = `${topics}/orders/records`;
      expect(await refused(`POST ${records}`, { headers, body: record })).toBe(422);
      const entries = `{"entries":[{"id":"1",${record.slice(1)}]}`;
      expect(await refused(`POST ${records}:batch`, { headers, body: entries })).toBe(422);
      const three = { headers, body: `{}${record}{}` };
      const answers = (await http.ask(`POST ${records}`, three)).text.trim().split('\n');
      const codes = answers.map(one => (JSON.parse(one) as { error_code: number }).error_code);
      expect(codes).toEqual([200, 42206, 200]);
    },
  );
});

test('no topic is made where none may be', async () => {
  const settings = { 'auto.create.topics.enable': false };
  await using strict = await testBroker({ storage: 'memory', httpPort: 0, settings });
  const client = new HttpClient(strict.http);
  const v2 = { headers: { 'content-type': JSON_V2 }, body: { records: [{ value: 1 }] } };
  const answer = await client.ask('POST /topics/nowhere', v2);
  expect(answer).toMatchObject({ status: 404, json: { error_code: 40401 } });
  const v3 = { body: { value: { type: 'JSON', data: 1 } } };
  const path = `/v3/clusters/${strict.clusterId}/topics/nowhere/records`;
  expect((await client.ask(`POST ${path}`, v3)).json).toMatchObject({ error_code: 40403 });
  expect(await client.get('/topics')).toEqual([]);
});

describe('paths', () => {
  test.each([
    '/..%2f..%2fetc%2fpasswd',
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/%00',
    '//evil.example/',
    '/topics/orders%00',
    '/topics/a%2Fb',
    '/topics/..%2F..%2Fx',
    '/topics/%20',
    '/topics/orders/partitions/99',
    '/v3',
    '/v3/clusters/other',
    '/no/such/thing?x=1',
    `/topics/${'x'.repeat(300)}`,
    '/topics/\\windows',
    '/v3/clusters/%C3%28',
  ])('%s is not there', async path => {
    expect([400, 404]).toContain(await refused(`GET ${path}`));
  });

  test.each(['/%', '/%zz', '/topics/%E0%A4%A', '/topics/%'])('%s is none', async path => {
    expect(await refused(`GET ${path}`)).toBe(400);
  });

  test.each([
    '/topics/orders/partitions/x',
    '/topics/orders/partitions/-1',
    '/topics/orders/partitions/1e400',
    '/topics/orders/partitions/0.5',
    '/topics/orders/partitions/0/records?offset=x',
    '/topics/orders/partitions/0/records?offset=-1',
    '/topics/orders/partitions/0/records?count=0',
    '/topics/orders/partitions/0/records?offset=1&offset=2',
    '/topics/orders/partitions/0/records?offset=1e300',
  ])('%s has a wrong value', async path => {
    expect(await refused(`GET ${path}`)).toBe(400);
  });

  test('a name that is longer than any is refused', async () => {
    expect([404, 414]).toContain(await refused(`GET /topics/${'x'.repeat(5000)}`));
  });

  test.each(['a%2Fb', '%00', '..', '.', 'x'.repeat(250), '%F0%9F%98%80', 'a%20b'])(
    'no topic is made of the name %s',
    async name => {
      const decoded = decodeURIComponent(name);
      const made = await refused(`POST ${topics}`, { body: { topic_name: decoded } });
      expect(made).toBe(400);
      const path = name === '..' || name === '.' ? name.replaceAll('.', '%2E') : name;
      const headers = { 'content-type': JSON_V2 };
      const ask = { headers, body: '{"records":[{"value":1}]}' };
      expect([400, 404]).toContain(await refused(`POST /topics/${path}`, ask));
      const record = { body: { value: { type: 'JSON', data: 1 } } };
      expect([400, 404]).toContain(await refused(`POST ${topics}/${path}/records`, record));
    },
  );

  test('a slash at the end is none', async () => {
    expect((await http.ask('GET /topics/')).status).toBe(200);
  });
});

describe('methods', () => {
  test.each([
    'PUT /topics',
    'DELETE /topics/orders',
    'PATCH /v3/clusters',
    'POST /openapi.json',
    'POST /metrics',
    'TRACE /topics',
    'PROPFIND /topics',
  ])('%s is none', async line => {
    expect([404, 405]).toContain(await refused(line));
  });

  test('HEAD tells what a GET would, without the body', async () => {
    const [got, head] = [await http.ask('GET /topics'), await http.ask('HEAD /topics')];
    expect(head).toMatchObject({ status: 200, text: '' });
    expect(head.headers['content-length']).toBe(got.headers['content-length']);
    expect((await http.ask('HEAD /topics/nowhere')).status).toBe(404);
  });

  test('HEAD takes no records from a consumer', async () => {
    await http.ask('POST /consumers/g', {
      body: { name: 'head', 'auto.offset.reset': 'earliest' },
    });
    const { status } = await http.ask('HEAD /consumers/g/instances/head/records');
    expect(status).toBe(404);
    await http.ask('DELETE /consumers/g/instances/head');
  });
});

describe('pages of other sites', () => {
  test('may not write', async () => {
    const headers = { origin: 'http://evil.example', 'content-type': 'application/json' };
    const body = '{"topic_name":"evil"}';
    expect(await refused(`POST ${topics}`, { headers, body })).toBe(403);
    expect(await refused(`DELETE ${topics}/orders`, { headers })).toBe(403);
    expect((await http.ask('GET /topics/evil')).status).toBe(404);
    expect((await http.ask('GET /topics/orders')).status).toBe(200);
  });

  test('may not resolve their name to this machine', async () => {
    expect(await refused('GET /topics', { headers: { host: 'evil.example' } })).toBe(403);
  });

  test('are never told that they may read', async () => {
    const { headers } = await http.ask('GET /topics', {
      headers: { origin: 'http://evil.example' },
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});

test('every answer is what it says it is', async () => {
  for (const path of ['/topics', '/nowhere', '/v3/clusters', '/openapi.json']) {
    const { headers } = await http.ask(`GET ${path}`);
    expect(headers['x-content-type-options']).toBe('nosniff');
  }
});

describe('what a browser does not send', () => {
  const upgrade = (path: string, more = ''): string =>
    `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n` +
    `sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${more}\r\n`;

  test.each([
    [
      'a WebSocket for a page of another site',
      upgrade('/topics/orders/tail', 'origin: http://evil.example\r\n'),
      403,
    ],
    ['a WebSocket for a topic that is not there', upgrade('/topics/nowhere/tail'), 404],
    ['an offer to speak HTTP/2', upgrade('/topics').replace('websocket', 'h2c'), 200],
    [
      'an offer to speak HTTP/2 of a page',
      upgrade('/topics', 'origin: null\r\n').replace('websocket', 'h2c'),
      200,
    ],
    ['a WebSocket for nothing', upgrade('/no/such/thing'), 404],
    ['an expectation', 'GET /topics HTTP/1.1\r\nhost: localhost\r\nexpect: miracles\r\n\r\n', 417],
    [
      'a request to a proxy',
      'GET http://evil.example/topics HTTP/1.1\r\nhost: evil.example\r\n\r\n',
      403,
    ],
    ['another version', 'GET /topics HTTP/9.9\r\nhost: localhost\r\n\r\n', 400],
    ['a path without a slash', 'GET topics HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
    ['an old client without a host', 'GET /topics HTTP/1.0\r\n\r\n', 200],
  ])('%s', async (_, bytes, status) => {
    const answer = await http.raw(bytes.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'));
    expect(answer).toMatch(new RegExp(`^HTTP/1.[01] ${status} `));
  });
});
