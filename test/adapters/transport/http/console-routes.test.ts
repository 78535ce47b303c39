import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBroker, type Broker } from '../../../../src/main/start-broker.ts';
import { HttpClient } from '../../../support/http-client.ts';

interface Page {
  readonly records: readonly { readonly offset: number; readonly value: { data: unknown } }[];
  readonly from_offset: number;
  readonly next_offset: number;
  readonly start_offset: number;
  readonly end_offset: number;
}

const RECORDS = 5;
let broker: Broker;
let http: HttpClient;

beforeAll(async () => {
  broker = await startBroker({ httpPort: 0 });
  http = new HttpClient(broker.http);
  const topics = `/v3/clusters/${broker.clusterId}/topics`;
  await http.ask(`POST ${topics}`, { body: { topic_name: 'orders', partitions_count: 2 } });
  for (let at = 0; at < RECORDS; at++) {
    const value = { type: 'STRING', data: `v${at}` };
    await http.ask(`POST ${topics}/orders/records`, { body: { partition_id: 0, value } });
  }
});
afterAll(() => broker.stop());

const page = (query: string) => http.get<Page>(`/v1/topics/orders/records?${query}`);
const offsets = async (query: string) => (await page(query)).records.map(({ offset }) => offset);

describe('the overview', () => {
  test('tells of the broker, its topics and its groups', async () => {
    const seen = await http.get('/v1/overview');
    const totals = { messages_in: RECORDS };
    const broken = { id: 1, cluster_id: broker.clusterId, storage: 'memory', data_dir: null };
    const orders = { name: 'orders', internal: false, partitions: 2, records: RECORDS };
    expect(seen).toMatchObject({
      broker: { ...broken, totals, listeners: [{ address: broker.bootstrap }, {}] },
      topics: [{ ...orders, messages_in: RECORDS }],
      groups: [],
    });
  });
});

describe('pages of records', () => {
  test('begin where one says', async () => {
    expect(await offsets('from=start&limit=2')).toEqual([0, 1]);
    expect(await offsets('from=end&limit=2')).toEqual([3, 4]);
    expect(await offsets('from=3')).toEqual([3, 4]);
    expect(await offsets('from=99')).toEqual([]);
    expect(await offsets('from=ts:0')).toEqual([0, 1, 2, 3, 4]);
    expect(await offsets('from=ts:2999-01-01T00:00:00Z')).toEqual([]);
    expect(await offsets('partition=1')).toEqual([]);
  });

  test('tell where the next one begins, and how far the log reaches', async () => {
    const { records, ...place } = await page('from=1&limit=2&format=binary');
    expect(records.map(({ value }) => value.data)).toEqual(['djE=', 'djI=']);
    const bounds = { start_offset: 0, end_offset: RECORDS };
    expect(place).toEqual({ from_offset: 1, next_offset: 3, ...bounds });
  });

  test.each([
    ['orders/records?from=middle', 400],
    ['orders/records?from=-1', 400],
    ['orders/records?limit=0', 400],
    ['orders/records?limit=1001', 400],
    ['orders/records?partition=x', 400],
    ['orders/records?partition=2', 404],
    ['nope/records', 404],
    ['nope', 404],
  ])('%s is refused with %i', async (path, status) => {
    const answer = await http.ask(`GET /v1/topics/${path}`);
    expect(answer).toMatchObject({ status, json: { message: expect.any(String) as string } });
  });
});

describe('the offsets of a group', () => {
  const seek = (body: object) => http.ask('POST /v1/groups/g/offsets', { body });

  test('are not moved unless one says so', async () => {
    const dry = await seek({ topic: 'orders', to: 'end' });
    const moves = [
      { topic: 'orders', partition: 0, from: null, to: RECORDS },
      { topic: 'orders', partition: 1, from: null, to: 0 },
    ];
    expect(dry).toMatchObject({ status: 200, json: { dry_run: true, moves } });
    expect((await http.ask('GET /v1/groups/g')).status).toBe(404);

    expect(
      (await seek({ topic: 'orders', partition: 0, to: { offset: 2 }, dry_run: false })).json,
    ).toMatchObject({ dry_run: false, moves: [{ from: null, to: 2 }] });
    const lag = { topic: 'orders', partition: 0, committed: 2, end: RECORDS, lag: RECORDS - 2 };
    expect(await http.get('/v1/groups/g')).toMatchObject({ id: 'g', partitions: [lag] });
  });

  test.each([
    [{ to: 'end' }, 400],
    [{ topic: 'orders', to: 'middle' }, 400],
    [{ topic: 'orders', to: { offset: -1 } }, 400],
    [{ topic: 'orders', to: { offset: 1, timestamp: 1 } }, 400],
    [{ topic: 'nope', to: 'end' }, 404],
    [{ topic: 'orders', partition: 2, to: 'end' }, 404],
  ])('%j is refused with %i', async (body, status) => {
    expect((await seek(body)).status).toBe(status);
  });

  test('are not moved by a page of another site', async () => {
    const headers = { origin: 'http://elsewhere.example' };
    const body = { topic: 'orders', to: 'end', dry_run: false };
    expect((await http.ask('POST /v1/groups/g/offsets', { headers, body })).status).toBe(403);
  });
});

describe("the broker's own topic", () => {
  test('cannot be deleted, and its groups go on', async () => {
    const commit = { topic: 'orders', partition: 0, to: { offset: 1 }, dry_run: false };
    expect((await http.ask('POST /v1/groups/kept/offsets', { body: commit })).status).toBe(200);
    const own = `/v3/clusters/${broker.clusterId}/topics/__consumer_offsets`;
    const message = "the topic is the broker's own";
    expect(await http.ask(`DELETE ${own}`)).toMatchObject({ status: 400, json: { message } });
    expect(await http.get('/v1/groups/kept')).toMatchObject({ partitions: [{ committed: 1 }] });
  });
});

describe('the files of the console', () => {
  test('let nothing in from elsewhere', async () => {
    const { status, headers } = await http.ask('GET /');
    expect(status).toBe(200);
    expect(headers['content-security-policy']).toMatch(/^default-src 'self';/);
    expect(headers).toMatchObject({ 'cache-control': 'no-cache', 'x-frame-options': 'DENY' });
  });

  test('are kept for ever where their names hold a hash', async () => {
    const { text } = await http.ask('GET /');
    const assets = [...text.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => path!);
    expect(assets.length).toBeGreaterThan(1);
    for (const asset of assets) {
      const { headers } = await http.ask(`GET ${asset}`);
      expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
    }
    expect(text).not.toMatch(/<script(?![^>]*src=)/);
  });

  test.each(['/../package.json', '/assets/../../package.json', '/%2e%2e/package.json', '/assets/'])(
    '%s is none of them',
    async path => {
      expect((await http.ask(`GET ${path}`)).status).toBe(404);
    },
  );
});
