import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENGINES, testBroker, type TestBroker } from '../support/broker.ts';
import { HttpClient } from '../support/http-client.ts';
import { kafkaJs, KafkaJsReader } from './support/kafkajs.ts';

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly self: string; readonly resource_name: string };
  readonly [field: string]: unknown;
}
interface ResourceList {
  readonly kind: string;
  readonly data: readonly Resource[];
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe.each(ENGINES)('REST v3 on %s', storage => {
  let broker: TestBroker;
  let http: HttpClient;
  let cluster: string;

  beforeAll(async () => {
    broker = await testBroker({
      storage,
      httpPort: 0,
      settings: { 'offsets.topic.num.partitions': 1 },
    });
    http = new HttpClient(broker.http);
    cluster = `/v3/clusters/${broker.clusterId}`;
  });

  afterAll(() => broker[Symbol.asyncDispose]());

  async function create(topic_name: string, partitions_count = 1): Promise<void> {
    const body = { topic_name, partitions_count };
    expect((await http.ask(`POST ${cluster}/topics`, { body })).status).toBe(201);
  }

  test('every link of the cluster leads to something', async () => {
    const { data } = await http.get<ResourceList>('/v3/clusters');
    expect(data[0]!['cluster_id']).toBe(broker.clusterId);
    const links = Object.values(data[0]!).flatMap(value =>
      typeof value === 'object' && value !== null && 'related' in value
        ? [String(value.related)]
        : [],
    );
    expect(links).toHaveLength(7);
    for (const link of links) {
      const { status } = await http.ask(`GET ${new URL(link).pathname}`);
      // There is nobody who could be allowed anything.
      expect(status, link).toBe(link.endsWith('/acls') ? 400 : 200);
    }
  });

  test('a topic is made, grown, shown and deleted', async () => {
    const body = {
      ...{ topic_name: 'fresh', partitions_count: 2 },
      configs: [{ name: 'retention.ms', value: '1000' }],
    };
    const dry = { body: { ...body, validate_only: true } };
    expect((await http.ask(`POST ${cluster}/topics`, dry)).status).toBe(200);
    expect((await http.ask(`GET ${cluster}/topics/fresh`)).status).toBe(404);
    const { status, json } = await http.ask(`POST ${cluster}/topics`, { body });
    expect(status).toBe(201);
    expect(json).toMatchObject({ kind: 'KafkaTopic', topic_name: 'fresh', partitions_count: 2 });
    expect((await http.ask(`POST ${cluster}/topics`, { body })).json).toMatchObject({
      error_code: 40002,
    });
    const grown = { body: { partitions_count: 3 } };
    const patched = await http.ask(`PATCH ${cluster}/topics/fresh`, grown);
    expect(patched.json).toMatchObject({ partitions_count: 3 });
    expect(
      (await http.ask(`PATCH ${cluster}/topics/fresh`, { body: { partitions_count: 1 } })).status,
    ).toBe(400);
    const { data } = await http.get<ResourceList>(`${cluster}/topics`);
    expect(data.map(topic => topic['topic_name'])).toContain('fresh');
    const partitions = await http.get<ResourceList>(`${cluster}/topics/fresh/partitions`);
    expect(partitions.data.map(each => each['partition_id'])).toEqual([0, 1, 2]);
    const one = await http.get<Resource>(`${cluster}/topics/fresh/partitions/2`);
    expect(one.metadata.resource_name).toBe(
      `crn:///kafka=${broker.clusterId}/topic=fresh/partition=2`,
    );
    const replicas = await http.get<ResourceList>(`${cluster}/topics/fresh/partitions/2/replicas`);
    expect(replicas.data).toMatchObject([{ broker_id: 1, is_leader: true }]);
    await http.get(`${cluster}/topics/fresh/partitions/2/replicas/1`);
    expect((await http.ask(`DELETE ${cluster}/topics/fresh`)).status).toBe(204);
    expect((await http.ask(`DELETE ${cluster}/topics/fresh`)).status).toBe(404);
  });

  test('settings are told and changed, one by one and together', async () => {
    await create('tuned');
    const root = `${cluster}/topics/tuned/configs`;
    const valueOf = async (name: string) => (await http.get<Resource>(`${root}/${name}`))['value'];
    expect((await http.get<ResourceList>(root)).data.length).toBeGreaterThan(10);
    expect((await http.ask(`PUT ${root}/retention.ms`, { body: { value: '5000' } })).status).toBe(
      204,
    );
    expect(await valueOf('retention.ms')).toBe('5000');
    expect((await http.ask(`DELETE ${root}/retention.ms`)).status).toBe(204);
    expect(await valueOf('retention.ms')).toBe('604800000');
    const data = [
      { name: 'cleanup.policy', value: 'compact', operation: 'APPEND' },
      { name: 'max.message.bytes', value: '2000' },
    ];
    const dry = { body: { data, validate_only: true } };
    expect((await http.ask(`POST ${root}:alter`, dry)).status).toBe(204);
    expect(await valueOf('cleanup.policy')).toBe('delete');
    expect((await http.ask(`POST ${root}:alter`, { body: { data } })).status).toBe(204);
    expect(await valueOf('cleanup.policy')).toBe('delete,compact');
    // None is changed when one is wrong.
    const wrong = [
      { name: 'max.message.bytes', value: '3000' },
      { name: 'retention.ms', value: 'soon' },
    ];
    expect((await http.ask(`POST ${root}:alter`, { body: { data: wrong } })).status).toBe(400);
    expect(await valueOf('max.message.bytes')).toBe('2000');
    expect((await http.ask(`GET ${root}/no.such`)).status).toBe(404);
    expect(
      (await http.get<ResourceList>(`${cluster}/topics/-/configs`)).data.length,
    ).toBeGreaterThan(10);
    for (const place of ['brokers/1/configs', 'broker-configs']) {
      const body = { data: [{ name: 'log.cleaner.threads', value: '1' }] };
      const { status } = await http.ask(`POST ${cluster}/${place}:alter`, { body });
      expect([204, 400]).toContain(status);
      expect((await http.get<ResourceList>(`${cluster}/${place}`)).kind).toMatch(/ConfigList$/);
    }
  });

  test('one record in each form is read by kafkajs byte for byte', async () => {
    await create('forms');
    const root = `${cluster}/topics/forms/records`;
    const binary = Buffer.from([0, 1, 0xff, 0x80]);
    const sent = [
      {
        partition_id: 0,
        key: { type: 'BINARY', data: binary.toString('base64') },
        value: { type: 'JSON', data: { a: [1, null, 'ü'] } },
        headers: [{ name: 'one', value: base64('1') }, { name: 'none' }],
        timestamp: '2024-01-02T03:04:05.678Z',
      },
      { value: { type: 'STRING', data: 'grüße' } },
      { key: { type: 'STRING', data: 'k' }, value: { type: 'JSON', data: null } },
    ];
    const first = await http.ask(`POST ${root}`, { body: sent[0] });
    expect(first).toMatchObject({ status: 200 });
    expect(first.json).toMatchObject({
      ...{ error_code: 200, cluster_id: broker.clusterId, topic_name: 'forms' },
      ...{ partition_id: 0, offset: 0, timestamp: '2024-01-02T03:04:05.678Z' },
      ...{ key: { type: 'BINARY', size: 4 }, value: { type: 'JSON', size: 19 } },
    });
    for (const body of sent.slice(1)) await http.ask(`POST ${root}`, { body });
    await using reader = new KafkaJsReader(broker.bootstrap);
    const records = await reader.read('forms', { count: 3 });
    expect(records[0]).toMatchObject({ key: binary, timestamp: '1704164645678' });
    expect(records.map(({ value }) => value?.toString() ?? null)).toEqual([
      '{"a":[1,null,"ü"]}',
      'grüße',
      null,
    ]);
    expect(records[0]!.headers).toEqual({ one: Buffer.from('1'), none: null });
    expect(records[2]!.key).toEqual(Buffer.from('k'));
  });

  test('a time before 1970 is none', async () => {
    await create('early');
    const body = { timestamp: '0001-01-01T00:00:00Z', value: { type: 'STRING', data: 'a' } };
    const { status, json } = await http.ask(`POST ${cluster}/topics/early/records`, { body });
    expect([status, (json as { error_code: number }).error_code]).toEqual([422, 42206]);
  });

  test('a stream is answered record by record, each before the next is sent', async () => {
    await create('streamed');
    const { hostname: host, port } = new URL(http.url);
    const path = `${cluster}/topics/streamed/records`;
    const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
    const asked = request({ host, port, method: 'POST', path, headers });
    const written = (value: unknown): string =>
      JSON.stringify({ value: { type: 'JSON', data: value } });
    asked.write(written(0));
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    const lines = createInterface({ input: response })[Symbol.asyncIterator]();
    const next = async (): Promise<unknown> =>
      JSON.parse((await lines.next()).value as string) as unknown;
    expect(await next()).toMatchObject({ error_code: 200, offset: 0 });
    // In two pieces, and two in one.
    asked.write(written(1).slice(0, 9));
    asked.write(`${written(1).slice(9)}\n${written(2)}`);
    expect(await next()).toMatchObject({ error_code: 200, offset: 1 });
    expect(await next()).toMatchObject({ error_code: 200, offset: 2 });
    // One that is wrong is told so, and the stream goes on.
    asked.write('{"value":{"type":"BINARY","data":"?"}}');
    expect(await next()).toMatchObject({ error_code: 42206 });
    asked.end(written(3));
    expect(await next()).toMatchObject({ error_code: 200, offset: 3 });
    expect((await lines.next()).done).toBe(true);
  });

  test('a stream that stops being JSON is told so, and the rest of it is thrown away', async () => {
    await create('broken');
    const piece = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
    const head = `POST ${cluster}/topics/broken/records HTTP/1.1\r\nhost: localhost\r\n`;
    const types = 'content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n';
    const socket = connect(http.port, '127.0.0.1');
    let text = '';
    const until = async (end: string): Promise<void> => {
      while (!text.includes(end)) text += String((await once(socket, 'data'))[0]);
    };
    socket.write(head + types + piece('{"value":{"type":"JSON","data":1}} nonsense'));
    // The end of the answer, though the request has not ended.
    await until('\r\n0\r\n\r\n');
    const lines = text.split('\n').filter(line => line.startsWith('{'));
    const [good, bad] = lines.map(line => JSON.parse(line) as object);
    expect(good).toMatchObject({ error_code: 200, offset: 0 });
    expect(bad).toMatchObject({ error_code: 40001 });
    const rest = piece(' '.repeat(100_000)).repeat(40);
    text = '';
    socket.write(`${rest}0\r\n\r\nGET /topics HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    await until('"broken"');
    expect(text).toMatch(/^HTTP\/1.1 200 /);
    socket.destroy();
  });

  test('a client that goes in the middle of a stream leaves what it has sent', async () => {
    await create('abandoned');
    const { hostname: host, port } = new URL(http.url);
    const path = `${cluster}/topics/abandoned/records`;
    const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
    const asked = request({ host, port, method: 'POST', path, headers });
    asked.on('error', () => undefined);
    asked.write('{"value":{"type":"JSON","data":1}}{"value":{"type":');
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    asked.destroy();
    const path2 = '/topics/abandoned/partitions/0/offsets';
    expect(await http.get(path2)).toEqual({ beginning_offset: 0, end_offset: 1 });
  });

  test('a batch tells what became of each', async () => {
    await create('batched', 2);
    const entries = [
      { id: 'a', value: { type: 'JSON', data: 1 }, partition_id: 1 },
      { id: 'b', value: { type: 'BINARY', data: 'not base64!' } },
      { id: 'c', value: { type: 'STRING', data: 'c' }, partition_id: 9 },
      { id: 'd' },
    ];
    const { status, json } = await http.ask(`POST ${cluster}/topics/batched/records:batch`, {
      body: { entries },
    });
    expect(status).toBe(207);
    const { successes, failures } = json as Record<string, { id: string; error_code?: number }[]>;
    expect(successes!.map(({ id }) => id)).toEqual(['a', 'd']);
    expect(failures).toMatchObject([
      { id: 'b', error_code: 42206 },
      { id: 'c', error_code: 40403 },
    ]);
    const nothing = { body: { entries: [] } };
    expect((await http.ask(`POST ${cluster}/topics/batched/records:batch`, nothing)).status).toBe(
      400,
    );
  });

  test('a record for a topic that is not there, or too large, is refused', async () => {
    const { json, status } = await http.ask(
      `POST ${cluster}/topics/no such/records`.replace(' such', '%20such'),
      {
        body: { value: { type: 'JSON', data: 1 } },
      },
    );
    expect([status, json]).toMatchObject([400, { error_code: 40002 }]);
    await create('small');
    const limit = { body: { value: '300' } };
    await http.ask(`PUT ${cluster}/topics/small/configs/max.message.bytes`, limit);
    const large = { body: { value: { type: 'STRING', data: 'x'.repeat(1000) } } };
    const refused = await http.ask(`POST ${cluster}/topics/small/records`, large);
    expect(refused).toMatchObject({ status: 413, json: { error_code: 41301 } });
  });

  test('how far a kafkajs group is behind', async () => {
    await create('followed', 2);
    const client = kafkaJs(broker.bootstrap, { clientId: 'follower' });
    const producer = client.producer();
    await producer.connect();
    const messages = [
      ...['a', 'b', 'c'].map(value => ({ value, partition: 0 })),
      ...['d'].map(value => ({ value, partition: 1 })),
    ];
    await producer.send({
      topic: 'followed',
      messages,
      compression: kafkajs.CompressionTypes.GZIP,
    });
    const consumer = client.consumer({ groupId: 'followers' });
    await consumer.connect();
    await consumer.subscribe({ topic: 'followed', fromBeginning: true });
    let read = (): void => undefined;
    const all = new Promise<void>(resolve => (read = resolve));
    let count = 0;
    await consumer.run({
      autoCommit: false,
      eachMessage: async () => {
        if (++count === 4) read();
      },
    });
    await all;
    await consumer.commitOffsets([
      { topic: 'followed', partition: 0, offset: '1' },
      { topic: 'followed', partition: 1, offset: '1' },
    ]);
    const group = `${cluster}/consumer-groups/followers`;
    expect(await http.get(group)).toMatchObject({
      ...{ kind: 'KafkaConsumerGroup', state: 'STABLE', type: 'CLASSIC', is_simple: false },
      partition_assignor: 'RoundRobinAssigner',
    });
    const groups = await http.get<ResourceList>(`${cluster}/consumer-groups`);
    expect(groups.data.map(each => each['consumer_group_id'])).toContain('followers');
    const consumers = await http.get<ResourceList>(`${group}/consumers`);
    expect(consumers.data).toMatchObject([{ client_id: 'follower', instance_id: null }]);
    const id = String(consumers.data[0]!['consumer_id']);
    const member = `${group}/consumers/${encodeURIComponent(id)}`;
    expect(await http.get(member)).toMatchObject({ consumer_id: id });
    const assigned = await http.get<ResourceList>(`${member}/assignments`);
    expect(assigned.data.map(each => each['partition_id'])).toEqual([0, 1]);
    const lags = await http.get<ResourceList>(`${group}/lags`);
    expect(lags.data).toMatchObject([
      { partition_id: 0, current_offset: 1, log_end_offset: 3, lag: 2, consumer_id: id },
      { partition_id: 1, current_offset: 1, log_end_offset: 1, lag: 0, client_id: 'follower' },
    ]);
    const one = await http.get(`${group}/lags/followed/partitions/0`);
    expect(one).toMatchObject({ lag: 2 });
    expect(await http.get(`${group}/lag-summary`)).toMatchObject({
      ...{ max_lag: 2, total_lag: 2, max_lag_topic_name: 'followed', max_lag_partition_id: 0 },
      max_lag_consumer_id: id,
    });
    expect((await http.ask(`GET ${group}/lags/followed/partitions/7`)).status).toBe(404);
    await Promise.all([consumer.disconnect(), producer.disconnect()]);
    expect(await http.get(group)).toMatchObject({ state: 'EMPTY' });
    const unread = { max_lag: 2, max_lag_consumer_id: '', max_lag_consumer: null };
    expect(await http.get(`${group}/lag-summary`)).toMatchObject(unread);
    expect((await http.ask(`GET ${cluster}/consumer-groups/nobody`)).status).toBe(404);
    expect((await http.ask(`GET ${cluster}/consumer-groups/nobody/lag-summary`)).status).toBe(404);
  });
});
