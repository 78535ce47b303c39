import type {
  ConsumerAssignment,
  ConsumerProtocol,
  ConsumerSubscription,
} from '../../../../ports/consumer-protocol.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import { WireReader } from '../wire/reader.ts';
import type { Fields } from '../wire/field.ts';
import type { Message, Read } from '../wire/schema.ts';
import { WireWriter } from '../wire/writer.ts';
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from './consumer-protocol-messages.ts';

/** What classic members tell one another through the coordinator (org.apache.kafka.clients.consumer.internals.ConsumerProtocol). */
export class KafkaConsumerProtocol implements ConsumerProtocol {
  readonly #reader = new WireReader();

  /** No rack is also said as an empty one. */
  readSubscription(bytes: Buffer): ConsumerSubscription | null {
    const found = this.#read(ConsumerProtocolSubscription, bytes);
    if (found === null) return null;
    const { version, content } = found;
    return { version, ...content, rackId: content.rackId === '' ? null : content.rackId };
  }

  readAssignment(bytes: Buffer): ConsumerAssignment | null {
    return this.#read(ConsumerProtocolAssignment, bytes)?.content ?? null;
  }

  writeAssignment(assignment: ConsumerAssignment, version: number): Buffer {
    const writer = new WireWriter();
    const known = Math.min(version, ConsumerProtocolAssignment.maxVersion);
    writer.int16(known);
    ConsumerProtocolAssignment.at(known).write(writer, assignment);
    return Buffer.concat(writer.take());
  }

  /** A version newer than any known here is read as the newest known, for versions only ever add at the end. */
  #read<F extends Fields>(
    message: Message<F>,
    bytes: Buffer,
  ): { readonly version: number; readonly content: Read<F> } | null {
    try {
      const reader = this.#reader.reset(bytes);
      const version = reader.int16();
      if (version < 0) return null;
      return { version, content: message.at(Math.min(version, message.maxVersion)).read(reader) };
    } catch (error) {
      if (error instanceof ProtocolError) return null;
      throw error;
    }
  }
}
