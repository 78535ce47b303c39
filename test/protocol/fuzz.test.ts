import { describe, expect, test } from 'vitest';
import { readRequestHeader } from '../../src/adapters/transport/kafka/wire/headers.ts';
import { ProtocolError } from '../../src/adapters/transport/kafka/wire/protocol-error.ts';
import { WireReader } from '../../src/adapters/transport/kafka/wire/reader.ts';
import { ZERO_UUID } from '../../src/adapters/transport/kafka/wire/schema.ts';
import { embedded, requests } from './support/editions.ts';
import { Oracle } from './support/oracle.ts';
import { randomValue } from './support/random-value.ts';
import { SeededRandom, seedOf } from './support/seeded-random.ts';

/** All that a client may send. */
const hostile = [...requests, ...embedded];

/** HEXLOG_FUZZ_SECONDS lengthens the run. */
const SECONDS = Number(process.env['HEXLOG_FUZZ_SECONDS'] ?? 3);
const MUTANTS_PER_VALUE = 50;
const BUDGET = 500;
/** The request itself and its fields that are no array elements are not in the budget; no request has as many. */
const TOP_LEVEL_OBJECTS = 20;
const NASTY = [
  'ffffffff0f',
  '7fffffff',
  '80000000',
  'fffffffe',
  'ffff',
  'fffe',
  '00',
  '8080808080',
];

type Mutation = (random: SeededRandom, bytes: Buffer) => Buffer;

const mutations: readonly Mutation[] = [
  (random, bytes) => {
    const copy = Buffer.from(bytes);
    const at = random.integer(0, Math.max(0, copy.length - 1));
    if (copy.length > 0) copy[at] = copy[at]! ^ (1 << random.integer(0, 7));
    return copy;
  },
  (random, bytes) =>
    splice(bytes, random.integer(0, bytes.length), Buffer.from(random.pick(NASTY), 'hex')),
  (random, bytes) => {
    const copy = Buffer.from(bytes);
    Buffer.from(random.pick(NASTY), 'hex').copy(copy, random.integer(0, copy.length));
    return copy;
  },
  (random, bytes) => bytes.subarray(0, random.integer(0, bytes.length)),
  (random, bytes) => {
    const at = random.integer(0, bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.integer(1, 8))]);
  },
  (random, bytes) => {
    const from = random.integer(0, bytes.length);
    const piece = bytes.subarray(from, from + random.integer(1, 64));
    return splice(bytes, random.integer(0, bytes.length), piece);
  },
  (random, bytes) =>
    splice(bytes, random.integer(0, bytes.length), random.bytes(random.integer(1, 64))),
  (random, bytes) =>
    splice(bytes, random.integer(0, bytes.length), Buffer.alloc(random.integer(1, 2000))),
];

function splice(bytes: Buffer, at: number, piece: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
}

function mutate(random: SeededRandom, bytes: Buffer): Buffer {
  let mutant = bytes;
  for (let i = random.integer(1, 4); i > 0; i--) mutant = random.pick(mutations)(random, mutant);
  return mutant;
}

/** How many objects a value was made of; frozen fallbacks were there before. */
function objectsIn(value: unknown): number {
  if (value === '' || value === ZERO_UUID) return 0;
  if (typeof value === 'string' || Buffer.isBuffer(value)) return 1;
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return 0;
  return Object.values(value).reduce<number>((sum, inner) => sum + objectsIn(inner), 1);
}

/** Reads until the time is over; tells how many mutants were read and refused. */
function run(attempt: (random: SeededRandom) => void, random: SeededRandom): [number, number] {
  const deadline = performance.now() + (SECONDS * 1000) / 2;
  let accepted = 0;
  let refused = 0;
  while (performance.now() < deadline) {
    try {
      attempt(random);
      accepted++;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      refused++;
    }
  }
  return [accepted, refused];
}

describe('mutated requests', () => {
  test(
    'are read within the budget or refused with a protocol error',
    () => {
      const random = new SeededRandom(seedOf('fuzz of requests'));
      const reader = new WireReader();
      let bytes: Buffer = Buffer.alloc(0);
      let turn = 0;
      let { message, definition, versions } = hostile[0]!;
      let version = versions[0]!;
      const [accepted, refused] = run(() => {
        if (turn++ % MUTANTS_PER_VALUE === 0) {
          ({ message, definition, versions } = random.pick(hostile));
          version = random.pick(versions);
          bytes = new Oracle(definition, version).encode(
            randomValue(random, definition.fields, version),
          );
        }
        const mutant = mutate(random, bytes);
        let value: unknown;
        try {
          value = message.at(version).read(reader.reset(mutant, 0, mutant.length, BUDGET));
        } catch (error) {
          if (error instanceof ProtocolError) throw error;
          throw new Error(`${message.name} v${version} of ${mutant.toString('hex')}`, {
            cause: error,
          });
        }
        expectBounded(value, `${message.name} v${version}`, mutant);
      }, random);
      console.info(`${accepted} mutants read, ${refused} refused`);
      expect(accepted).toBeGreaterThan(100);
      expect(refused).toBeGreaterThan(100);
    },
    SECONDS * 1000 + 30_000,
  );

  function expectBounded(value: unknown, what: string, mutant: Buffer): void {
    const objects = objectsIn(value);
    if (objects <= BUDGET + TOP_LEVEL_OBJECTS) return;
    expect.fail(`${what} became ${objects} objects from ${mutant.toString('hex')}`);
  }
});

describe('random bytes', () => {
  test(
    'are no request header, or one',
    () => {
      const random = new SeededRandom(seedOf('fuzz of headers'));
      const reader = new WireReader();
      const [accepted, refused] = run(() => {
        const bytes = random.bytes(random.integer(0, 40));
        if (bytes.length > 10 && random.chance(0.5)) bytes.writeInt16BE(random.integer(-2, 20), 8);
        readRequestHeader(reader.reset(bytes), () => random.chance(0.5));
      }, random);
      console.info(`${accepted} headers read, ${refused} refused`);
      expect(accepted).toBeGreaterThan(100);
      expect(refused).toBeGreaterThan(100);
    },
    SECONDS * 1000 + 30_000,
  );
});
