import { APIS } from '../../src/adapters/transport/kafka/messages/apis.ts';
import type { Field, Fields } from '../../src/adapters/transport/kafka/wire/field.ts';
import type { Api } from '../../src/adapters/transport/kafka/wire/schema.ts';
import { batch, patched } from './broker-core.ts';
import { encodeRequest, framed } from './raw-client.ts';
import type { SeededRandom } from './seeded-random.ts';

const TOPICS = ['orders', 'fuzz-1', 'fuzz-2', 'fuzz-3', '..', '', 'größe', 'x'.repeat(300)];
const BATCHES = [
  batch(['a']),
  batch(['a', 'b', 'c'], { producer: { id: 3, epoch: 0, baseSequence: 0 } }),
  batch(['x'.repeat(20_000)]),
  patched(batch(['a']), bytes => bytes.writeInt16BE(1, 21)),
  Buffer.alloc(0),
  Buffer.alloc(100, 0xff),
];
const COUNTS = [-1, 0, 1, 3, 20_000, 2 ** 31 - 1];
const SIZES = [-1, 0, 1, 1000, 1_000_000, 2 ** 31 - 1];
const OFFSETS = [-1, 0, 1, 2, 100, Number.MAX_SAFE_INTEGER];

/** Values that reach beyond the first check of their fields; others are drawn by type. */
const PLAUSIBLE: Readonly<Record<string, readonly unknown[]>> = {
  name: [...TOPICS, 'retention.ms', 'max.message.bytes', 'cleanup.policy'],
  topic: TOPICS,
  resourceName: [...TOPICS, '1'],
  configName: ['retention.ms', 'cleanup.policy', 'nothing'],
  value: ['1000', 'compact', '-1', 'x'],
  resourceType: [2, 4, 0, 8],
  partition: [0, 0, 0, 1, -1],
  partitionIndex: [0, 0, 0, 1, -1],
  index: [0, 0, 0, 1, -1],
  numPartitions: COUNTS,
  count: COUNTS,
  replicationFactor: [1, 1, -1, 0, 2],
  acks: [-1, 0, 1, 1, 9],
  replicaId: [-1, -1, -1, 1],
  sessionId: [0, 0, 0, 5],
  sessionEpoch: [-1, -1, 0, 1],
  maxBytes: SIZES,
  partitionMaxBytes: SIZES,
  minBytes: SIZES,
  maxWaitMs: SIZES,
  timeoutMs: SIZES,
  offset: OFFSETS,
  fetchOffset: OFFSETS,
  timestamp: [-1, -2, -3, -4, -5, -6, 0, 1_700_000_000_000],
  records: BATCHES,
  currentLeaderEpoch: [-1, -1, 0, 1, 2],
  leaderEpoch: [-1, 0, 1, 2],
  groupId: ['billing', 'billing', 'audit', ''],
  memberId: ['', '', 'm'],
  sessionTimeoutMs: [6000, 6000, 0, -1],
  rebalanceTimeoutMs: [1, 100, -1],
  clientSoftwareName: ['fuzz', '', '-'],
  clientSoftwareVersion: ['1', ''],
};

function randomStruct(random: SeededRandom, fields: Fields, version: number): object {
  const entries = Object.entries(fields)
    .filter(([, { traits }]) => traits.from <= version && version <= traits.to)
    .map(([name, field]) => [name, randomField(random, [name, field], version)]);
  return Object.fromEntries(entries) as object;
}

function randomField(
  random: SeededRandom,
  [name, { traits }]: [string, Field],
  version: number,
): unknown {
  const { wire, nullableFrom, tag } = traits;
  if (tag >= 0 && random.next() < 0.8) return traits.fallback;
  if (version >= nullableFrom && random.next() < 0.2) return null;
  if (wire.kind === 'struct') return randomStruct(random, wire.fields, version);
  if (wire.kind === 'array') {
    const { of } = wire;
    return Array.from({ length: random.pick([0, 1, 1, 2, 5]) }, () =>
      randomField(random, [name, of], version),
    );
  }
  const plausible = PLAUSIBLE[name];
  const fits = plausible !== undefined && typeof plausible[0] === typeof traits.fallback;
  if (fits || name === 'records') return random.pick(plausible!);
  return randomScalar(random, wire.name);
}

function randomScalar(random: SeededRandom, type: string): unknown {
  if (type === 'bool') return random.next() < 0.5;
  if (type === 'string') return random.pick(TOPICS);
  if (type === 'bytes') return randomBytes(random, random.pick([0, 1, 40, 3000]));
  if (type === 'uuid') return randomBytes(random, 16).toString('base64url');
  if (type === 'int8') return random.integer(256) - 128;
  if (type === 'int16') return random.pick([-1, 0, 1, random.integer(65_536) - 32_768]);
  return random.pick([-1, 0, 1, 2, random.integer(2 ** 32) - 2 ** 31]);
}

/** Any API in any version, with its length; what it asks for is legal to write, and often to ask. */
export function randomRequest(random: SeededRandom, correlationId: number): Buffer {
  const api: Api = random.pick(APIS);
  const { minVersion, maxVersion, fields } = api.request;
  const version = minVersion + random.integer(maxVersion - minVersion + 1);
  const body = randomStruct(random, fields, version);
  return encodeRequest(api, version, body as never, correlationId);
}

export function randomBytes(random: SeededRandom, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.integer(256)));
}

const NASTY = ['ffffffff0f', '7fffffff', '80000000', 'fffffffe', 'ffff', '00', '8080808080'];

type Mutation = (bytes: Buffer, at: number, random: SeededRandom) => Buffer;
const MUTATIONS: readonly Mutation[] = [
  (bytes, at, random) => {
    const copy = Buffer.from(bytes);
    if (at < copy.length) copy[at]! ^= 1 << random.integer(8);
    return copy;
  },
  (bytes, at, random) => {
    const copy = Buffer.from(bytes);
    Buffer.from(random.pick(NASTY), 'hex').copy(copy, at);
    return copy;
  },
  (bytes, at, random) => spliced(bytes, at, Buffer.from(random.pick(NASTY), 'hex')),
  (bytes, at, random) => spliced(bytes, at, randomBytes(random, 1 + random.integer(30))),
  (bytes, at, random) => spliced(bytes, at, bytes.subarray(at, at + random.integer(50))),
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at, random) =>
    Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.integer(8))]),
];

function spliced(bytes: Buffer, at: number, piece: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
}

/** The request with some of its bytes changed: most of them with a length that is right again. */
export function mutated(random: SeededRandom, request: Buffer): Buffer {
  let bytes = request.subarray(4);
  for (let i = random.integer(3); i >= 0; i--) {
    bytes = random.pick(MUTATIONS)(bytes, random.integer(bytes.length + 1), random);
  }
  if (random.next() < 0.9) return framed(bytes);
  return Buffer.concat([request.subarray(0, 4), bytes]);
}
