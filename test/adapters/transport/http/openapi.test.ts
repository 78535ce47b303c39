import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HttpClient, type HttpAnswer } from '../../../support/http-client.ts';
import { SchemaSampler, type JsonSchema } from '../../../support/schema-sampler.ts';
import { SeededRandom, seedOfRun } from '../../../support/seeded-random.ts';
import { testBroker, type TestBroker } from '../../../support/broker.ts';

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>>;
}
interface Operation {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: 'path' | 'query' | 'header';
    readonly required?: boolean;
    readonly schema: JsonSchema;
  }[];
  readonly requestBody?: Content & { readonly required?: boolean };
  readonly responses: Readonly<Record<string, Content>>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
interface Named {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const SEED = seedOfRun();
const SAMPLES = 20;
/** Streams, which end when their client goes. */
const ENDLESS = ['/topics/{topic}/tail'];
/** There is nothing to authorize, and nothing to reassign. */
const NEVER = [
  '/v3/clusters/{clusterId}/acls',
  '/v3/clusters/{clusterId}/topics/{topic}/partitions/{partition}/reassignment',
];

let broker: TestBroker;
let http: HttpClient;
let document: Document;
let operations: Named[];
let answers: AnswerCheck;
/** What a path parameter may be, to be the name of something that is there. */
let names: Record<string, string>;

beforeAll(async () => {
  broker = await testBroker({ storage: 'memory', httpPort: 0, httpMaxBodyBytes: 100_000 });
  http = new HttpClient(broker.http);
  document = await http.get<Document>('/openapi.json');
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...{ method: method.toUpperCase(), path, operation },
    })),
  );
  answers = new AnswerCheck();
});

afterAll(() => broker[Symbol.asyncDispose]());

describe('the document', () => {
  test('is OpenAPI 3.1', async () => {
    const result = await new Validator().validate(
      structuredClone(document) as unknown as Record<string, unknown>,
    );
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
    expect(document.openapi).toMatch(/^3\.1\./);
  });

  test('has every route', async () => {
    const documented = operations.map(({ method, path }) => `${method} ${path}`);
    // A sample of each file of routes, so that none is left out when it is registered.
    for (const route of [
      'GET /healthz',
      'GET /readyz',
      'GET /v1/status/ready',
      'GET /metrics',
      'GET /topics/{topic}/tail',
      'GET /v1/overview',
      'GET /v3/clusters',
      'GET /v3/clusters/{clusterId}/brokers/{brokerId}',
      'POST /v3/clusters/{clusterId}/topics',
      'GET /v3/clusters/{clusterId}/topics/{topic}/partitions/{partition}',
      'POST /v3/clusters/{clusterId}/topics/{topic}/configs:alter',
      'POST /v3/clusters/{clusterId}/topics/{topic}/records',
      'POST /v3/clusters/{clusterId}/topics/{topic}/records:batch',
      'GET /v3/clusters/{clusterId}/consumer-groups/{group}/lag-summary',
      'POST /topics/{topic}',
      'GET /topics/{topic}/partitions/{partition}/records',
      'POST /consumers/{group}',
      'GET /consumers/{group}/instances/{instance}/records',
      'POST /consumers/{group}/instances/{instance}/positions/beginning',
    ]) {
      expect(documented).toContain(route);
    }
  });

  test('tells of every route how it fails', () => {
    for (const { path, method, operation } of operations) {
      const failed = operation.responses['default'] ?? operation.responses['503'];
      const isHealth = /^\/(health|ready|v1\/status)/.test(path);
      if (!isHealth) expect(failed, `${method} ${path}`).toBeDefined();
    }
  });

  test('has a body under the types that the route takes', () => {
    const typesOf = (path: string): string[] =>
      Object.keys(document.paths[path]!['post']!.requestBody!.content!);
    expect(typesOf('/topics/{topic}')).toEqual([
      'application/vnd.kafka.json.v2+json',
      'application/vnd.kafka.binary.v2+json',
      'application/vnd.kafka.text.v2+json',
    ]);
    expect(typesOf('/consumers/{group}')).toContain('application/vnd.kafka.v2+json');
    expect(typesOf('/v3/clusters/{clusterId}/topics/{topic}/records')).toEqual([
      'application/json',
    ]);
  });
});

describe(`requests made from the document (HEXLOG_SEED=${SEED})`, () => {
  test('that are good are answered well, as is documented', async () => {
    for (const one of operations) {
      if (ENDLESS.includes(one.path)) continue;
      await furnish();
      const request = requestOf(one, new SampledRequest(new SchemaSampler(new SeededRandom(1))));
      const answer = await send(one, { ...request, body: goodBody(one) ?? request.body });
      answers.expectDocumented(one, answer);
      const isGood = answer.status < 300;
      expect(isGood, `${shown(one)}: ${answer.status} ${answer.text}`).toBe(
        !NEVER.includes(one.path),
      );
    }
  }, 60_000);

  test('that fit their schemas are answered as is documented, and break nothing', async () => {
    await tryAll('valid');
  }, 120_000);

  test('that do not fit are answered as is documented, and break nothing', async () => {
    await tryAll('broken');
  }, 120_000);
});

async function tryAll(kind: 'valid' | 'broken'): Promise<void> {
  for (const [index, one] of operations.entries()) {
    if (ENDLESS.includes(one.path)) continue;
    const sampler = new SchemaSampler(new SeededRandom(SEED + index));
    const sampled = new SampledRequest(sampler, kind);
    for (let sample = 0; sample < SAMPLES; sample++) {
      if (sample % 10 === 0) await furnish();
      answers.expectDocumented(one, await send(one, requestOf(one, sampled)));
    }
  }
}

/** Makes all that a good request may name. */
async function furnish(): Promise<void> {
  const cluster = `/v3/clusters/${broker.clusterId}`;
  await http.ask(`POST ${cluster}/topics`, { body: { topic_name: 'orders' } });
  const setting = { body: { value: '1000000' } };
  await http.ask(`PUT ${cluster}/broker-configs/message.max.bytes`, setting);
  const headers = { 'content-type': 'application/vnd.kafka.json.v2+json' };
  await http.ask('POST /topics/orders', { headers, body: { records: [{ value: 1 }] } });
  const place = { topic: 'orders', partition: 0 };
  for (const [group, instance] of [
    ['g', 'one'],
    ['g', 'two'],
    ['idle', 'by-hand'],
  ] as const) {
    const path = `/consumers/${group}/instances/${instance}`;
    await http.ask(`DELETE ${path}`);
    await http.ask(`POST /consumers/${group}`, { body: { name: instance } });
    const byHand = group === 'idle' || instance === 'two';
    if (byHand) await http.ask(`POST ${path}/assignments`, { body: { partitions: [place] } });
    else await http.ask(`POST ${path}/subscription`, { body: { topics: ['orders'] } });
    const body = { offsets: [{ ...place, offset: 0 }] };
    await http.ask(`POST ${path}/offsets`, { body });
  }
  const { data } = await http.get<{ data: { consumer_id: string }[] }>(
    `${cluster}/consumer-groups/g/consumers`,
  );
  names = {
    ...{ clusterId: broker.clusterId, brokerId: '1', topic: 'orders', partition: '0' },
    ...{ group: 'g', instance: 'one', consumer: data[0]!.consumer_id, name: 'retention.ms' },
  };
}

/** Bodies that mean something, where any that fits the schema would not. */
function goodBody({ method, path }: Named): unknown {
  const place = { topic: 'orders', partition: 0 };
  const line = `${method} ${path.replace('/v3/clusters/{clusterId}', '')}`;
  const bodies: Record<string, unknown> = {
    'POST /topics': { topic_name: `new-${Math.random()}` },
    'PATCH /topics/{topic}': { partitions_count: 2 },
    'PUT /topics/{topic}/configs/{name}': { value: '1000' },
    'PUT /brokers/{brokerId}/configs/{name}': { value: '1000000' },
    'PUT /broker-configs/{name}': { value: '1000000' },
    'POST /topics/{topic}/configs:alter': { data: [{ name: 'retention.ms', value: '1000' }] },
    'POST /brokers/{brokerId}/configs:alter': { data: [] },
    'POST /broker-configs:alter': { data: [] },
    'POST /topics/{topic}/records': { value: { type: 'JSON', data: 1 } },
    'POST /topics/{topic}/records:batch': { entries: [{ id: '1' }] },
    'POST /topics/{topic}': { records: [{ value: 'AAEC' }] },
    'POST /topics/{topic}/partitions/{partition}': { records: [{ value: 'AAEC' }] },
    'POST /consumers/{group}': { name: `new-${Math.random()}` },
    'POST /v1/groups/{group}/offsets': { topic: 'orders', to: 'end' },
  };
  const instance = 'POST /consumers/{group}/instances/{instance}';
  bodies[`${instance}/subscription`] = { topics: ['orders'] };
  for (const what of ['assignments', 'positions/beginning', 'positions/end']) {
    bodies[`${instance}/${what}`] = { partitions: [place] };
  }
  for (const what of ['offsets', 'positions']) {
    bodies[`${instance}/${what}`] = { offsets: [{ ...place, offset: 0 }] };
  }
  return bodies[line];
}

interface Sent {
  readonly target: string;
  readonly type: string | null;
  readonly body: unknown;
}

/** Chooses the parts of requests: all good when nothing is said of what kind they are. */
class SampledRequest {
  readonly sampler: SchemaSampler;
  readonly #kind: 'good' | 'valid' | 'broken';

  constructor(sampler: SchemaSampler, kind: 'good' | 'valid' | 'broken' = 'good') {
    this.sampler = sampler;
    this.#kind = kind;
  }

  of(schema: JsonSchema): unknown {
    const isBroken = this.#kind === 'broken' && !this.sampler.chance(3);
    return isBroken ? this.sampler.broken(schema) : this.sampler.valid(schema);
  }

  path(path: string, name: string, schema: JsonSchema): string {
    const known = nameIn(path, name);
    if (known !== undefined && (this.#kind === 'good' || !this.sampler.chance(5))) return known;
    return textOf(this.of(schema)) || 'x';
  }

  /** Null to leave it out. */
  query(name: string, schema: JsonSchema): string | null {
    // Nobody waits for what does not come.
    if (name === 'timeout' && (this.#kind !== 'broken' || this.sampler.chance(2))) return '0';
    if (this.#kind === 'good' || this.sampler.chance(2)) return null;
    const text = textOf(this.of(schema));
    return name === 'timeout' && Number(text) > 0 && Number(text) <= 30_000 ? '-1' : text;
  }

  type(content: Content['content']): string {
    const types = Object.keys(content!);
    if (this.#kind === 'broken' && this.sampler.chance(8)) return 'text/plain';
    const binary = types.find(type => type.includes('binary'));
    return this.#kind === 'good' ? (binary ?? types[0]!) : this.sampler.pick(types);
  }
}

/** The instance `one` has subscribed, `two` has been assigned what it reads. */
function nameIn(path: string, name: string): string | undefined {
  const byHand = /instance/.test(path) && /assignments|positions/.test(path);
  if (name === 'instance' && byHand) return 'two';
  if (path.includes('/v1/groups/{group}/offsets') && name === 'group') return 'idle';
  if (name === 'name' && /broker/.test(path)) return 'message.max.bytes';
  return names[name];
}

function requestOf({ path, operation }: Named, sampled: SampledRequest): Sent {
  const { parameters = [], requestBody } = operation;
  let target = path;
  const query = new URLSearchParams();
  for (const { name, in: place, schema, required } of parameters) {
    if (place === 'path') {
      target = target.replace(`{${name}}`, encodeURIComponent(sampled.path(path, name, schema)));
    } else if (place === 'query') {
      const text = sampled.query(name, schema) ?? (required ? textOf(sampled.of(schema)) : null);
      if (text !== null) query.set(name, text);
    }
  }
  if (query.size > 0) target += `?${query.toString()}`;
  if (!requestBody) return { target, type: null, body: undefined };
  const type = sampled.type(requestBody.content);
  const { schema } = Object.values(requestBody.content!)[0]!;
  return { target, type, body: sampled.of(schema) };
}

interface Answered extends HttpAnswer {
  /** The request. */
  readonly asked: string;
}

function send({ method }: Named, { target, type, body }: Sent): Promise<Answered> {
  const ask =
    type === null ? {} : { headers: { 'content-type': type }, body: JSON.stringify(body) };
  const asked = `${target} ${JSON.stringify(body)}`;
  return http.ask(`${method} ${target}`, ask).then(
    answer => ({ ...answer, asked }),
    (error: Error) => {
      throw new Error(`${method} ${asked}`, { cause: error });
    },
  );
}

/** Checks answers against what the document says of them. */
class AnswerCheck {
  readonly #ajv = addFormats.default(new Ajv2020({ strict: false }));
  readonly #checks = new Map<JsonSchema, ValidateFunction>();

  expectDocumented(one: Named, answer: Answered): void {
    const what = `${shown(one)}: ${answer.asked}: ${answer.status} ${answer.text} (HEXLOG_SEED=${SEED})`;
    expect(answer.status, what).toBeLessThan(500);
    const { responses } = one.operation;
    const response = responses[answer.status] ?? responses['default'];
    expect(response, what).toBeDefined();
    if (answer.status === 204) return;
    const type = String(answer.headers['content-type']).split(';', 1)[0]!;
    const media = response!.content?.[type];
    expect(media, `${what} is ${type}`).toBeDefined();
    if (!type.endsWith('json')) return;
    const check = this.#checkOf(media!.schema);
    // A stream of records is answered with a line for each.
    const lines = one.path.endsWith('/records') && one.method === 'POST';
    const texts = lines ? answer.text.trim().split('\n') : [answer.text];
    for (const text of texts) {
      expect(check(JSON.parse(text)), `${what}: ${this.#ajv.errorsText(check.errors)}`).toBe(true);
    }
  }

  #checkOf(schema: JsonSchema): ValidateFunction {
    const check = this.#checks.get(schema) ?? this.#ajv.compile(schema as object);
    this.#checks.set(schema, check);
    return check;
  }
}

function shown({ method, path }: Named): string {
  return `${method} ${path}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
