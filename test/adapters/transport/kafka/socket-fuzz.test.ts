import { expect, test } from 'vitest';
import { APIS } from '../../../../src/adapters/transport/kafka/messages/apis.ts';
import { ApiVersions } from '../../../../src/adapters/transport/kafka/messages/api-versions.ts';
import { Produce } from '../../../../src/adapters/transport/kafka/messages/produce.ts';
import { hostileClient } from '../../../support/hostile-client.ts';
import { mutated, randomBytes, randomRequest } from '../../../support/random-request.ts';
import { decodeResponse, RawClient } from '../../../support/raw-client.ts';
import { SeededRandom, seedOfRun } from '../../../support/seeded-random.ts';

/** HEXLOG_FUZZ_SECONDS lengthens the run, HEXLOG_SEED repeats one. */
const SECONDS = Number(process.env['HEXLOG_FUZZ_SECONDS'] ?? 3);
const CONNECTIONS = 8;
const ANSWER_MS_MAX = 15_000;
const RESIDENT_BYTES_MAX = 800 * 1024 * 1024;

interface Tally {
  connections: number;
  requests: number;
  responses: number;
}

/** What one connection sends: requests, most of them damaged, and now and then mere noise. */
function* pieces(random: SeededRandom): Generator<Buffer> {
  const damaged = random.pick([0, 0.1, 0.5, 1]);
  for (let id = 0; id < 1 + random.integer(20); id++) {
    const request = randomRequest(random, id);
    if (random.next() < 0.03) yield randomBytes(random, random.integer(300));
    else yield random.next() < damaged ? mutated(random, request) : request;
  }
}

/** The requests in a stream, as far as it can be cut into frames: key, version and correlation id of each. */
function headersIn(stream: Buffer): { apiKey: number; version: number; id: number }[] {
  const headers: { apiKey: number; version: number; id: number }[] = [];
  for (let at = 0; at + 12 <= stream.length; at += 4 + stream.readInt32BE(at)) {
    if (stream.readInt32BE(at) < 8) break;
    const apiKey = stream.readInt16BE(at + 4);
    headers.push({ apiKey, version: stream.readInt16BE(at + 6), id: stream.readInt32BE(at + 8) });
  }
  return headers;
}

/** Every response must be of the next request, by its schema; only Produce may have none. */
function checkResponses(stream: Buffer, frames: readonly Buffer[]): void {
  const headers = headersIn(stream);
  let next = 0;
  for (const frame of frames) {
    const id = frame.readInt32BE(0);
    while (headers[next]?.id !== id && headers[next]?.apiKey === Produce.key) next++;
    const header = headers[next++];
    if (header?.id !== id) throw new Error(`response ${id} is to no request that is next`);
    const api = APIS.find(({ key }) => key === header.apiKey)!;
    const known = api.request.serves(header.version);
    if (!known && api !== ApiVersions)
      throw new Error(`an answer to ${api.name} v${header.version}`);
    decodeResponse(api, known ? header.version : 0, frame);
  }
}

async function attack(port: number, random: SeededRandom, tally: Tally): Promise<void> {
  using client = await RawClient.connect(port, true);
  const stream = Buffer.concat([...pieces(random)]);
  for (let at = 0; at < stream.length && !client.ended;) {
    const size = 1 + random.integer(random.pick([20, 2000, 100_000]));
    const sent = stream.subarray(at, (at += size));
    await new Promise<void>(resolve => client.socket.write(sent, () => resolve()));
  }
  if (random.next() < 0.05) return void client.socket.resetAndDestroy();
  client.socket.end();
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new Error('no end of the connection')), ANSWER_MS_MAX);
    client.socket.once('close', () => clearTimeout(timer));
  });
  const frames = await Promise.race([client.untilEnd(), late]);
  checkResponses(stream, frames);
  tally.connections++;
  tally.requests += headersIn(stream).length;
  tally.responses += frames.length;
}

test(
  'random and damaged requests of every API over many connections break nothing',
  { timeout: SECONDS * 1000 + 60_000 },
  async () => {
    const seed = seedOfRun();
    console.info(`socket fuzz: HEXLOG_SEED=${seed}`);
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    await using hostile = await hostileClient();
    const tally: Tally = { connections: 0, requests: 0, responses: 0 };
    const deadline = performance.now() + SECONDS * 1000;
    const run = async (lane: number): Promise<void> => {
      for (let round = 0; performance.now() < deadline; round++) {
        const random = new SeededRandom(seed + round * CONNECTIONS + lane);
        await attack(hostile.port, random, tally).catch((error: unknown) => {
          throw new Error(`HEXLOG_SEED=${seed}, lane ${lane}, round ${round}`, { cause: error });
        });
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, (_, lane) => run(lane)));
    await hostile.expectHealthy();
    process.off('unhandledRejection', note);
    const broken = hostile.logger.lines.filter(({ level }) => level === 'error');
    expect({ seed, unhandled, broken }).toEqual({ seed, unhandled: [], broken: [] });
    expect(process.memoryUsage().rss).toBeLessThan(RESIDENT_BYTES_MAX);
    // A run that asked or was answered nothing has shown nothing.
    expect(tally.connections).toBeGreaterThan(SECONDS * 5);
    expect(tally.responses).toBeGreaterThan(tally.connections);
    console.info('socket fuzz:', tally);
  },
);
