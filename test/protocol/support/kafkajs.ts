import { createRequire } from 'node:module';
import { expect } from 'vitest';
import { APIS } from '../../../src/adapters/transport/kafka/messages/apis.ts';
import { readRequestHeader } from '../../../src/adapters/transport/kafka/wire/headers.ts';
import { WireReader } from '../../../src/adapters/transport/kafka/wire/reader.ts';
import { written } from './editions.ts';

/** kafkajs's own encoders and decoders: another hand's reading of the protocol. */
interface Protocol {
  readonly request: { readonly apiKey: number; readonly apiVersion: number };
  readonly response: { decode(bytes: Buffer): Promise<unknown> };
}

const require = createRequire(import.meta.url);
const frameOf = require('kafkajs/src/protocol/request') as (parts: {
  correlationId: number;
  clientId: string | null;
  request: Protocol['request'];
}) => Promise<{ readonly buffer: Buffer }>;

function protocolOf(name: string, version: number, options: object = {}): Protocol {
  const folder = name[0]!.toLowerCase() + name.slice(1);
  const { protocol } = require(`kafkajs/src/protocol/requests/${folder}`) as {
    readonly protocol: (of: { version: number }) => (options: object) => Protocol;
  };
  return protocol({ version })(options);
}

function apiOf(name: string): (typeof APIS)[number] {
  return APIS.find(api => api.name === name)!;
}

/** What our reader makes of the request that kafkajs writes. */
export async function requested(name: string, version: number, options: object): Promise<unknown> {
  const { request } = protocolOf(name, version, options);
  const { buffer } = await frameOf({ correlationId: 77, clientId: 'kafkajs', request });
  expect(buffer.readInt32BE(0)).toBe(buffer.length - 4);
  const reader = new WireReader().reset(buffer, 4);
  const header = readRequestHeader(reader, () => false);
  const { key } = apiOf(name);
  const expected = { apiKey: key, apiVersion: version, correlationId: 77, clientId: 'kafkajs' };
  expect(header).toEqual(expected);
  const value = apiOf(name).request.at(version).read(reader);
  expect(reader.remaining).toBe(0);
  return value;
}

/** What kafkajs makes of the response that our writer writes. */
export async function answered(name: string, version: number, response: object): Promise<unknown> {
  const bytes = written(apiOf(name).response, version, response);
  return protocolOf(name, version).response.decode(bytes);
}

/** All versions from the first to the last. */
export const from = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);
