import type { GroupEvent } from '../domain/model/group/group-events.ts';

/** A record of the offsets topic; a null value is a tombstone. */
export interface GroupRecord {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** Group events in the key and value formats of Kafka's `__consumer_offsets`. */
export interface GroupRecords {
  encode(event: GroupEvent): GroupRecord;
  /** Null for a record of a newer or foreign type, which is skipped; throws when a known one is damaged. */
  decode(key: Buffer, value: Buffer | null): GroupEvent | null;
}
