import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENGINES, testBroker, type TestBroker } from '../support/broker.ts';
import { HttpClient, type HttpAnswer } from '../support/http-client.ts';
import { kafkaJs, KafkaJsReader } from './support/kafkajs.ts';

type Format = 'json' | 'binary' | 'text';
interface Shown {
  readonly topic: string;
  readonly key: unknown;
  readonly value: unknown;
  readonly partition: number;
  readonly offset: number;
  readonly headers: readonly { readonly key: string; readonly value: string | null }[];
}

const V2 = 'application/vnd.kafka.v2+json';
const typeOf = (format: Format): string => `application/vnd.kafka.${format}.v2+json`;
const values = (answer: HttpAnswer): unknown[] =>
  (answer.json as readonly Shown[]).map(({ value }) => value);

describe.each(ENGINES)('REST v2 on %s', storage => {
  let broker: TestBroker;
  let http: HttpClient;

  beforeAll(async () => {
    const settings = { 'offsets.topic.num.partitions': 1 };
    broker = await testBroker({ storage, httpPort: 0, settings });
    http = new HttpClient(broker.http);
  });

  afterAll(() => broker[Symbol.asyncDispose]());

  async function create(topic_name: string, partitions_count = 1): Promise<void> {
    const body = { topic_name, partitions_count };
    const { status } = await http.ask(`POST /v3/clusters/${broker.clusterId}/topics`, { body });
    expect(status).toBe(201);
  }

  function produce(path: string, format: Format, records: readonly object[]): Promise<HttpAnswer> {
    const headers = { 'content-type': typeOf(format) };
    return http.ask(`POST ${path}`, { headers, body: { records } });
  }

  /** A consumer instance by its path, which reads from the start unless told otherwise. */
  async function consumer(group: string, given: object = {}): Promise<string> {
    const body = { format: 'json', 'auto.offset.reset': 'earliest', ...given };
    const { json, status } = await http.ask(`POST /consumers/${group}`, { body });
    expect(status).toBe(200);
    const { instance_id: id, base_uri: uri } = json as Record<string, string>;
    expect(uri).toBe(`${http.url}/consumers/${group}/instances/${id}`);
    return new URL(uri!).pathname;
  }

  async function subscribe(instance: string, ...topics: string[]): Promise<void> {
    const { status } = await http.ask(`POST ${instance}/subscription`, { body: { topics } });
    expect(status).toBe(204);
  }

  const read = (instance: string, query = 'timeout=0', format: Format = 'json') =>
    http.ask(`GET ${instance}/records?${query}`, { headers: { accept: typeOf(format) } });

  /** Reads until there are so many. */
  async function readAll(instance: string, count: number): Promise<unknown[]> {
    const found: unknown[] = [];
    while (found.length < count) found.push(...values(await read(instance, 'timeout=5000')));
    return found;
  }

  test('topics, partitions and brokers are told', async () => {
    await create('told', 2);
    expect(await http.get<string[]>('/topics')).toContain('told');
    const topic = await http.ask('GET /topics/told');
    expect(topic.headers['content-type']).toContain(V2);
    expect(topic.json).toMatchObject({
      ...{ name: 'told', configs: { 'cleanup.policy': 'delete' } },
      partitions: [{ partition: 0, leader: 1 }, { partition: 1 }],
    });
    expect(await http.get('/topics/told/partitions')).toHaveLength(2);
    expect(await http.get('/topics/told/partitions/1')).toMatchObject({ partition: 1 });
    expect(await http.get('/brokers')).toEqual({ brokers: [1] });
    const missing = await http.ask('GET /topics/nowhere');
    expect(missing).toMatchObject({ status: 404, json: { error_code: 40401 } });
    const partition = await http.ask('GET /topics/told/partitions/2');
    expect(partition).toMatchObject({ status: 404, json: { error_code: 40402 } });
  });

  test('what is produced in each format is read by kafkajs byte for byte', async () => {
    await create('formats');
    const bytes = randomBytes(300);
    const header = { key: 'h', value: Buffer.from('v').toString('base64') };
    const json = { key: 'k', value: { a: ['ü', null] }, headers: [header, { key: 'none' }] };
    const { json: answer } = await produce('/topics/formats', 'json', [json, { value: null }]);
    expect(answer).toEqual({
      offsets: [
        { partition: 0, offset: 0, error_code: null, error: null },
        { partition: 0, offset: 1, error_code: null, error: null },
      ],
      ...{ key_schema_id: null, value_schema_id: null },
    });
    const binary = { key: '', value: bytes.toString('base64'), timestamp: 1_700_000_000_000 };
    await produce('/topics/formats/partitions/0', 'binary', [binary]);
    await produce('/topics/formats', 'text', [{ value: 'grüße' }]);
    await using reader = new KafkaJsReader(broker.bootstrap);
    const records = await reader.read('formats', { count: 4 });
    expect(records.map(({ key }) => key?.toString())).toEqual(['"k"', undefined, '', undefined]);
    expect(records[0]!.value!.toString()).toBe('{"a":["ü",null]}');
    expect(records[0]!.headers).toEqual({ h: Buffer.from('v'), none: null });
    expect(records[1]!.value).toBeNull();
    expect(records[2]).toMatchObject({ value: bytes, timestamp: '1700000000000' });
    expect(records[3]!.value!.toString()).toBe('grüße');
  });

  test('a record that cannot be produced does not keep the others', async () => {
    await create('mixed');
    const { status, json } = await produce('/topics/mixed', 'json', [
      { value: 1, partition: 5 },
      { value: 2, partition: 0 },
    ]);
    expect(status).toBe(200);
    expect((json as { offsets: object[] }).offsets).toMatchObject([
      { offset: null, error_code: 40403 },
      { offset: 0, error_code: null },
    ]);
    expect((await produce('/topics/mixed', 'binary', [{ value: '??' }])).status).toBe(422);
    expect((await produce('/topics/mixed', 'text', [{ value: 1 }])).status).toBe(422);
    const nowhere = await produce('/topics/nowhere/partitions/0', 'json', [{ value: 1 }]);
    expect(nowhere).toMatchObject({ status: 404, json: { error_code: 40401 } });
    expect((await produce('/topics/mixed/partitions/3', 'json', [{ value: 1 }])).status).toBe(404);
  });

  test('a topic that is not there is made by what is sent to it', async () => {
    const { json } = await produce('/topics/made', 'json', [{ value: 1 }]);
    expect(json).toMatchObject({ offsets: [{ partition: 0, offset: 0, error_code: null }] });
    expect(await http.get('/topics/made/partitions/0/offsets')).toMatchObject({ end_offset: 1 });
  });

  test.each([
    ['with a number that would be another', '{"id":9007199254740993}'],
    ['that is nested too deeply', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
  ])('a record %s is not shown as JSON, but as text', async (what, value) => {
    const topic = `odd-${what.length}`;
    await produce(`/topics/${topic}`, 'text', [{ value }]);
    const records = `/topics/${topic}/partitions/0/records?offset=0`;
    const ask = (format: Format): Promise<HttpAnswer> =>
      http.ask(`GET ${records}`, { headers: { accept: typeOf(format) } });
    expect(await ask('json')).toMatchObject({ status: 406, json: { error_code: 40601 } });
    expect(values(await ask('text'))).toEqual([value]);
    const { records: shown } = await http.get<{ records: object[] }>(`/v1/topics/${topic}/records`);
    expect(shown).toMatchObject([{ value: { type: 'string', data: value } }]);
  });

  test('what kafkajs produces, compressed too, is read byte for byte', async () => {
    await create('compressed');
    const producer = kafkaJs(broker.bootstrap).producer();
    await producer.connect();
    const bytes = randomBytes(100);
    const headers = { h: Buffer.from([0, 0xff]) };
    for (const compression of [0, kafkajs.CompressionTypes.GZIP]) {
      const messages = [{ key: 'k', value: bytes, headers }, { value: '{"n":1}' }];
      await producer.send({ topic: 'compressed', messages, compression });
    }
    await producer.disconnect();
    const path = '/topics/compressed/partitions/0/records';
    const shown = await http.ask(`GET ${path}?offset=1&count=2`);
    expect(shown.headers['content-type']).toContain(typeOf('binary'));
    expect(shown.json).toMatchObject([
      { offset: 1, key: null, value: Buffer.from('{"n":1}').toString('base64'), headers: [] },
      {
        offset: 2,
        key: 'aw==',
        value: bytes.toString('base64'),
        headers: [{ key: 'h', value: 'AP8=' }],
      },
    ]);
    const json = { headers: { accept: typeOf('json') } };
    expect(values(await http.ask(`GET ${path}?offset=3`, json))).toEqual([{ n: 1 }]);
    expect((await http.ask(`GET ${path}?offset=2`, json)).status).toBe(406);
    expect((await http.ask(`GET ${path}`, { headers: { accept: 'text/html' } })).status).toBe(406);
    expect((await http.ask(`GET ${path}?offset=9&timeout=0`)).status).toBe(400);
    expect(await http.get(`${path}?offset=4&timeout=0`)).toEqual([]);
    expect(await http.get('/topics/compressed/partitions/0/offsets')).toEqual({
      ...{ beginning_offset: 0, end_offset: 4 },
    });
  });

  test('an instance subscribes, reads, commits and goes', async () => {
    await create('life', 1);
    await produce('/topics/life', 'json', [{ value: 1 }, { value: 2 }]);
    const instance = await consumer('lives', { name: 'one', 'auto.commit.enable': 'false' });
    const conflict = await http.ask('POST /consumers/lives', { body: { name: 'one' } });
    expect(conflict).toMatchObject({ status: 409, json: { error_code: 40902 } });
    await subscribe(instance, 'life');
    expect(await http.get(`${instance}/subscription`)).toEqual({ topics: ['life'] });
    expect(await http.get(`${instance}/assignments`)).toEqual({
      partitions: [{ topic: 'life', partition: 0 }],
    });
    const byHand = { body: { partitions: [{ topic: 'life', partition: 0 }] } };
    expect((await http.ask(`POST ${instance}/assignments`, byHand)).status).toBe(409);
    const wrong = await read(instance, 'timeout=0', 'binary');
    expect(wrong).toMatchObject({ status: 406, json: { error_code: 40601 } });
    expect(values(await read(instance))).toEqual([1, 2]);
    expect(await http.get(`${instance}/offsets`)).toEqual({ offsets: [] });
    expect((await http.ask(`POST ${instance}/offsets`)).status).toBe(204);
    const committed = { topic: 'life', partition: 0, offset: 2, metadata: '' };
    expect(await http.get(`${instance}/offsets`)).toEqual({ offsets: [committed] });
    const other = { ...committed, offset: 1, metadata: 'by hand' };
    const commit = { body: { offsets: [other] } };
    expect((await http.ask(`POST ${instance}/offsets`, commit)).status).toBe(204);
    const asked = { body: { partitions: [{ topic: 'life', partition: 0 }] } };
    expect(await http.get(`${instance}/offsets`, asked)).toEqual({ offsets: [other] });
    expect((await http.ask(`DELETE ${instance}`)).status).toBe(204);
    const gone = await read(instance);
    expect(gone).toMatchObject({ status: 404, json: { error_code: 40403 } });
    const next = await consumer('lives');
    await subscribe(next, 'life');
    expect(values(await read(next))).toEqual([2]);
    await http.ask(`DELETE ${next}`);
  });

  test('an instance goes where it is sent', async () => {
    await create('sought', 2);
    await produce(
      '/topics/sought',
      'json',
      [0, 1, 2].map(value => ({ value, partition: 1 })),
    );
    const instance = await consumer('seekers');
    const places = { partitions: [{ topic: 'sought', partition: 1 }] };
    expect((await http.ask(`POST ${instance}/assignments`, { body: places })).status).toBe(204);
    expect(await http.get(`${instance}/assignments`)).toEqual(places);
    const end = await http.ask(`POST ${instance}/positions/end`, { body: places });
    expect(end.status).toBe(204);
    expect(values(await read(instance))).toEqual([]);
    await http.ask(`POST ${instance}/positions/beginning`, { body: places });
    expect(values(await read(instance))).toEqual([0, 1, 2]);
    const body = { offsets: [{ topic: 'sought', partition: 1, offset: 2 }] };
    expect((await http.ask(`POST ${instance}/positions`, { body })).status).toBe(204);
    expect(values(await read(instance))).toEqual([2]);
    const elsewhere = { offsets: [{ topic: 'sought', partition: 0, offset: 0 }] };
    expect((await http.ask(`POST ${instance}/positions`, { body: elsewhere })).status).toBe(400);
    const subscription = { body: { topics: ['sought'] } };
    expect((await http.ask(`POST ${instance}/subscription`, subscription)).status).toBe(409);
    expect((await http.ask(`DELETE ${instance}/subscription`)).status).toBe(204);
    await http.ask(`DELETE ${instance}`);
  });

  test('a record that is not JSON keeps an instance where it is, until it is sent past it', async () => {
    await create('poisoned');
    await produce('/topics/poisoned', 'text', [{ value: 'not JSON' }, { value: '2' }]);
    const instance = await consumer('eaters');
    await subscribe(instance, 'poisoned');
    const failed = await read(instance);
    expect(failed.status).toBe(406);
    expect((failed.json as { message: string }).message).toContain('poisoned-0 at offset 0');
    expect((await read(instance)).status).toBe(406);
    const body = { offsets: [{ topic: 'poisoned', partition: 0, offset: 1 }] };
    await http.ask(`POST ${instance}/positions`, { body });
    expect(values(await read(instance))).toEqual([2]);
    await http.ask(`DELETE ${instance}`);
  });

  test('a read waits for a record, ends when the instance goes, and is not lost with its client', async () => {
    await create('waited');
    const instance = await consumer('waiters');
    await subscribe(instance, 'waited');
    const waiting = read(instance, 'timeout=30000');
    await produce('/topics/waited', 'json', [{ value: 'now' }]);
    expect(values(await waiting)).toEqual(['now']);
    // A client that goes while it waits: its request ends, and the next is served at once.
    const { hostname: host, port } = new URL(http.url);
    const lost = request({ host, port, path: `${instance}/records?timeout=30000` });
    lost.on('error', () => undefined).end();
    await http.ask('GET /topics');
    lost.destroy();
    await produce('/topics/waited', 'json', [{ value: 'later' }]);
    expect(await readAll(instance, 1)).toEqual(['later']);
    const ended = read(instance, 'timeout=30000');
    await http.ask('GET /topics');
    expect((await http.ask(`DELETE ${instance}`)).status).toBe(204);
    expect([200, 404]).toContain((await ended).status);
  });

  test('two instances share a group, and it is told as one of REST v3', async () => {
    await create('shared', 2);
    const [one, two] = [await consumer('sharers'), await consumer('sharers')];
    await subscribe(one, 'shared');
    await subscribe(two, 'shared');
    const assigned = async (instance: string) =>
      (await http.get<{ partitions: object[] }>(`${instance}/assignments`)).partitions;
    while ((await assigned(one)).length !== 1 || (await assigned(two)).length !== 1) {
      await Promise.all([read(one, 'timeout=100'), read(two, 'timeout=100')]);
    }
    await produce(
      '/topics/shared',
      'json',
      [0, 1].map(value => ({ value, partition: value })),
    );
    const [first, second] = await Promise.all([readAll(one, 1), readAll(two, 1)]);
    expect([...first, ...second].sort()).toEqual([0, 1]);
    await Promise.all([read(one), read(two)]);
    const group = `/v3/clusters/${broker.clusterId}/consumer-groups/sharers`;
    expect(await http.get(group)).toMatchObject({ type: 'CONSUMER', state: 'STABLE' });
    const consumers = await http.get<{ data: unknown[] }>(`${group}/consumers`);
    expect(consumers.data).toHaveLength(2);
    expect(await http.get(`${group}/lag-summary`)).toMatchObject({ total_lag: 0 });
    await http.ask(`DELETE ${one}`);
    await http.ask(`DELETE ${two}`);
    expect(await http.get(group)).toMatchObject({ state: 'EMPTY' });
  }, 60_000);

  test('a kafkajs consumer goes on where an instance has committed', async () => {
    await create('handed');
    await produce('/topics/handed', 'json', [{ value: 1 }, { value: 2 }, { value: 3 }]);
    const instance = await consumer('hands');
    await subscribe(instance, 'handed');
    expect(values(await read(instance, 'timeout=0&max_bytes=1'))).toEqual([1]);
    await http.ask(`DELETE ${instance}`);
    const client = kafkaJs(broker.bootstrap).consumer({ groupId: 'hands' });
    await client.connect();
    await client.subscribe({ topic: 'handed', fromBeginning: true });
    const first = await new Promise<string>(resolve => {
      void client.run({ eachMessage: async ({ message }) => resolve(String(message.value)) });
    });
    expect(first).toBe('2');
    await client.disconnect();
  });
});
