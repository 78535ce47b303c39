import { EventEmitter, once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { describe, expect, test } from 'vitest';
import {
  ENDLESS_BODY,
  refuseSlowBody,
} from '../../../../src/adapters/transport/http/slow-bodies.ts';
import { tailRig, type TailRig } from '../../../support/tail-rig.ts';
import { VirtualTime } from '../../../support/virtual-time.ts';

const PERIOD_MS = 30_000;
const PERIOD_BYTES = 64 * 1024;

/** A request that has begun, and what was said on its connection. */
class Begun {
  readonly time = new VirtualTime();
  readonly raw = Object.assign(new EventEmitter(), {
    headers: {},
    complete: false,
    socket: {
      ...{ bytesRead: 100, writable: true },
      end: (text: string) => void (this.said = text),
      destroy: () => void (this.said = 'destroyed'),
    },
  });
  readonly answer = { headersSent: false };
  said = '';

  constructor(headers: Record<string, string>, bodyLimit = 1000) {
    this.raw.headers = headers;
    const request = { raw: this.raw, routeOptions: { bodyLimit } };
    const reply = { raw: this.answer } as unknown as FastifyReply;
    refuseSlowBody(request as unknown as FastifyRequest, reply, this.time);
  }

  comes(bytes: number): void {
    this.raw.socket.bytesRead += bytes;
  }
}

const CHUNKED = { 'transfer-encoding': 'chunked' };

describe('a body', () => {
  test.each([CHUNKED, { 'content-length': '10' }])('that does not come is cut: %o', headers => {
    const begun = new Begun(headers);
    begun.time.advance(PERIOD_MS - 1);
    expect(begun.said).toBe('');
    begun.time.advance(1);
    expect(begun.said).toMatch(/^HTTP\/1.1 408 /);
  });

  test('that is large may take long, while enough of it comes', () => {
    const begun = new Begun(CHUNKED);
    for (let period = 0; period < 5; period++) {
      begun.comes(PERIOD_BYTES);
      begun.time.advance(PERIOD_MS);
      expect(begun.said).toBe('');
    }
    begun.comes(PERIOD_BYTES - 1);
    begun.time.advance(PERIOD_MS);
    expect(begun.said).toMatch(/^HTTP\/1.1 408 /);
  });

  test('that is there is not looked for, however long its answer takes', () => {
    const begun = new Begun(CHUNKED);
    begun.raw.complete = true;
    begun.time.advance(10 * PERIOD_MS);
    expect(begun.said).toBe('');
  });

  test.each([
    [{}, 1000],
    [{ 'content-length': '0' }, 1000],
    [CHUNKED, ENDLESS_BODY],
  ])('that there is none of, or no end, may be quiet: %o', (headers, bodyLimit) => {
    const begun = new Begun(headers, bodyLimit);
    begun.time.advance(10 * PERIOD_MS);
    expect(begun.said).toBe('');
  });

  test('that does not come, though its answer has begun, ends with the connection', () => {
    const begun = new Begun(CHUNKED);
    begun.answer.headersSent = true;
    begun.time.advance(PERIOD_MS);
    expect(begun.said).toBe('destroyed');
  });

  test('leaves no timer when its request is over', () => {
    const begun = new Begun(CHUNKED);
    begun.raw.emit('close');
    begun.time.advance(PERIOD_MS);
    expect(begun.said).toBe('');
  });
});

/** Begins a request with a body on a connection of its own. */
async function begin(rig: TailRig, path: string): Promise<Socket> {
  const socket = connect(rig.port, '127.0.0.1');
  await once(socket, 'connect');
  const head = 'host: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{';
  socket.write(`POST ${path} HTTP/1.1\r\n${head}`);
  // What came before it has been read when this is answered.
  await rig.status('/nowhere');
  return socket;
}

test.each(['/v3/clusters/a/topics', '/topics/orders/partitions/0'])(
  'a route hangs up on who dribbles, with an answer: %s',
  async path => {
    await using rig = await tailRig();
    const socket = await begin(rig, path);
    const closed = once(socket, 'close');
    const answer = once(socket, 'data') as Promise<Buffer[]>;
    rig.records.core.time.advance(PERIOD_MS);
    expect((await answer)[0]!.toString()).toMatch(/^HTTP\/1.1 408 /);
    await closed;
  },
);
