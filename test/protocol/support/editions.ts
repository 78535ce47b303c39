import { APIS } from '../../../src/adapters/transport/kafka/messages/apis.ts';
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from '../../../src/adapters/transport/kafka/records/consumer-protocol-messages.ts';
import { RECORD_TYPES } from '../../../src/adapters/transport/kafka/records/kafka-group-records.ts';
import { WireReader } from '../../../src/adapters/transport/kafka/wire/reader.ts';
import type { Message } from '../../../src/adapters/transport/kafka/wire/schema.ts';
import { WireWriter } from '../../../src/adapters/transport/kafka/wire/writer.ts';
import { definitionOf, servedFields, type Definition } from './definitions.ts';

/** A message of ours beside what Kafka says of it in the versions we serve. */
export interface Pair {
  readonly message: Message;
  readonly definition: Definition;
  readonly versions: readonly number[];
}

function pairOf(message: Message): Pair {
  const definition = definitionOf(message.name);
  const { minVersion, maxVersion } = message;
  const fields = servedFields(definition.fields, { from: minVersion, to: maxVersion });
  const versions = Array.from({ length: maxVersion - minVersion + 1 }, (_, i) => minVersion + i);
  return { message, definition: { ...definition, fields }, versions };
}

export const requests: readonly Pair[] = APIS.map(({ request }) => pairOf(request));
export const messages: readonly Pair[] = APIS.flatMap(({ request, response }) => [
  pairOf(request),
  pairOf(response),
]);

/** Keys and values of `__consumer_offsets`. */
export const records: readonly Pair[] = RECORD_TYPES.flatMap(({ key, value }) => [
  pairOf(key),
  pairOf(value),
]);
/** What clients put into fields that are opaque to others. */
export const embedded: readonly Pair[] = [
  pairOf(ConsumerProtocolSubscription),
  pairOf(ConsumerProtocolAssignment),
];
/** All that is described. */
export const everything: readonly Pair[] = [...messages, ...records, ...embedded];

/** The bytes our writer makes of a value, without any header. */
export function written(message: Message, version: number, value: unknown): Buffer {
  const writer = new WireWriter();
  message.at(version).write(writer, value as never);
  return Buffer.concat(writer.take());
}

/** What our reader makes of the bytes, and how many it left. */
export function read(
  message: Message,
  version: number,
  bytes: Buffer,
): { readonly value: unknown; readonly left: number } {
  const reader = new WireReader().reset(bytes);
  const value = message.at(version).read(reader);
  return { value, left: reader.remaining };
}
