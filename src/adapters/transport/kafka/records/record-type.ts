import type { GroupEvent } from '../../../../domain/model/group/group-events.ts';
import type { Fields } from '../wire/field.ts';
import type { WireReader } from '../wire/reader.ts';
import type { Message, Read, Write } from '../wire/schema.ts';
import type { WireWriter } from '../wire/writer.ts';

type EventOf<T extends GroupEvent['type']> = Extract<GroupEvent, { type: T }>;
/** What an event says beside its type. */
type Words<E> = Omit<E, 'type'>;

/** How two events, that something was stored and that it was deleted, are a record of one type. */
export interface RecordTypeFacts<
  K extends Fields,
  V extends Fields,
  S extends GroupEvent['type'],
  D extends GroupEvent['type'],
> {
  /** What the key begins with. */
  readonly id: number;
  readonly key: Message<K>;
  readonly value: Message<V>;
  readonly stored: S;
  readonly deleted: D;
  keyOf(event: Words<EventOf<D>>): Write<K>;
  identity(key: Read<K>): Words<EventOf<D>>;
  /** The version that Kafka writes (GroupCoordinatorRecordHelpers). */
  versionOf(event: EventOf<S>): number;
  valueOf(event: EventOf<S>): Write<V>;
  facts(value: Read<V>): Omit<EventOf<S>, 'type' | keyof EventOf<D>>;
}

/** One type of record, whatever lies in it. */
export interface RecordType {
  readonly id: number;
  readonly key: Message;
  readonly value: Message;
  readonly stored: GroupEvent['type'];
  readonly deleted: GroupEvent['type'];
  writeKey(writer: WireWriter, event: GroupEvent): void;
  /** With its version in front. */
  writeValue(writer: WireWriter, event: GroupEvent): void;
  /** The deletion of what the key names. */
  readKey(reader: WireReader): GroupEvent;
  /** What was stored under the key that `deletion` tells of; buffers in it are views. */
  readValue(reader: WireReader, version: number, deletion: GroupEvent): GroupEvent;
}

/** Hides the types of one record's fields behind the events; the compiler has checked them by then. */
export function recordType<
  K extends Fields,
  V extends Fields,
  S extends GroupEvent['type'],
  D extends GroupEvent['type'],
>(facts: RecordTypeFacts<K, V, S, D>): RecordType {
  const { id, key, value, stored, deleted } = facts;
  return {
    id,
    key: key,
    value: value,
    stored,
    deleted,
    writeKey(writer, event) {
      key.at(0).write(writer, facts.keyOf(event as unknown as EventOf<D>));
    },
    writeValue(writer, event) {
      const version = facts.versionOf(event as EventOf<S>);
      writer.int16(version);
      value.at(version).write(writer, facts.valueOf(event as EventOf<S>));
    },
    readKey(reader) {
      return { type: deleted, ...facts.identity(key.at(0).read(reader)) } as unknown as GroupEvent;
    },
    readValue(reader, version, deletion) {
      const words = facts.facts(value.at(version).read(reader));
      return { ...deletion, ...words, type: stored };
    },
  };
}
