import { expect } from 'vitest';
import type { ServedApi } from '../../src/adapters/transport/kafka/registry.ts';
import { WireReader } from '../../src/adapters/transport/kafka/wire/reader.ts';
import type { Message } from '../../src/adapters/transport/kafka/wire/schema.ts';
import { WireWriter } from '../../src/adapters/transport/kafka/wire/writer.ts';

/** All versions that an API is served in. */
export function versionsOf({ api: { request } }: ServedApi): number[] {
  const count = request.maxVersion - request.minVersion + 1;
  return Array.from({ length: count }, (_, at) => request.minVersion + at);
}

/**
 * Asks a handler the way a client does: the request and the response both go over the wire, in one version. The frame is
 * overwritten as soon as the handler has returned, as the connection may do. Gives every field of the response; what the
 * version lacks has its fallback.
 */
export async function exchange(
  served: ServedApi,
  apiVersion: number,
  request: object,
): Promise<unknown> {
  const { api, handle } = served;
  const frame = encode(api.request, apiVersion, request);
  const answer = handle(decode(api.request, apiVersion, frame) as never, {
    apiVersion,
    clientId: 'test',
    clientHost: '127.0.0.1',
    allocate: bytes => Buffer.allocUnsafe(bytes),
    signal: new AbortController().signal,
  });
  frame.fill(0xff);
  return decode(api.response, apiVersion, encode(api.response, apiVersion, await answer));
}

function encode(message: Message, version: number, value: unknown): Buffer {
  const writer = new WireWriter();
  message.at(version).write(writer, value as never);
  return Buffer.concat(writer.take());
}

function decode(message: Message, version: number, bytes: Buffer): unknown {
  const reader = new WireReader().reset(bytes);
  const value = message.at(version).read(reader);
  expect(reader.remaining).toBe(0);
  return value;
}
