import type { GroupEvent } from '../../../../domain/model/group/group-events.ts';
import type { GroupRecord, GroupRecords } from '../../../../ports/group-records.ts';
import { StorageError } from '../../../../ports/log-storage.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import { WireReader } from '../wire/reader.ts';
import { WireWriter } from '../wire/writer.ts';
import { classicGroupRecord } from './classic-group-records.ts';
import { consumerGroupRecords } from './consumer-group-records.ts';
import { consumerMemberRecord, currentAssignmentRecord } from './consumer-member-records.ts';
import { legacyOffsetRecord, offsetRecord } from './offset-records.ts';
import type { RecordType } from './record-type.ts';

/** What is written; the record of a legacy offset is read alone. */
const WRITTEN: readonly RecordType[] = [
  offsetRecord,
  classicGroupRecord,
  consumerMemberRecord,
  currentAssignmentRecord,
  ...consumerGroupRecords,
];
/** Every type of record that is known here. */
export const RECORD_TYPES: readonly RecordType[] = [legacyOffsetRecord, ...WRITTEN];

const byId = new Map(RECORD_TYPES.map(type => [type.id, type]));
const byEvent = new Map(
  WRITTEN.flatMap(type => [
    [type.stored, type],
    [type.deleted, type],
  ]),
);

/**
 * Group events as the bytes that Kafka's own coordinator writes (CoordinatorRecordSerde): the key is the type of the record and
 * its key message, the value is a version and the value message. What is decoded shares no memory with the record.
 */
export class KafkaGroupRecords implements GroupRecords {
  readonly #reader = new WireReader();

  encode(event: GroupEvent): GroupRecord {
    const type = byEvent.get(event.type)!;
    const writer = new WireWriter();
    writer.int16(type.id);
    type.writeKey(writer, event);
    const keyBytes = writer.size;
    const isTombstone = event.type === type.deleted;
    if (!isTombstone) type.writeValue(writer, event);
    const bytes = joined(writer.take());
    return {
      key: bytes.subarray(0, keyBytes),
      value: isTombstone ? null : bytes.subarray(keyBytes),
    };
  }

  /** As Kafka's loader, skips types nobody knows, and refuses a version of a known type that nobody knows. */
  decode(key: Buffer, value: Buffer | null): GroupEvent | null {
    try {
      const reader = this.#at(key);
      const type = byId.get(reader.int16());
      return type === undefined ? null : this.#read(type, value);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const message = `A record of a group cannot be read: ${error.message}.`;
      throw new StorageError('corrupt', message, { cause: error });
    }
  }

  #read(type: RecordType, value: Buffer | null): GroupEvent {
    const reader = this.#reader;
    const deletion = type.readKey(reader);
    if (value === null) return deletion;
    const version = this.#at(value).int16();
    if (!type.value.serves(version)) {
      throw new ProtocolError(`${type.value.name} has no version ${version} here`);
    }
    return type.readValue(reader, version, deletion);
  }

  /** Without the budget of requests: what was written once must be read again. */
  #at(bytes: Buffer): WireReader {
    return this.#reader.reset(bytes, 0, bytes.length, Number.MAX_SAFE_INTEGER);
  }
}

function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}
