import type { GroupEvent } from './group-events.ts';

/** What a record needs beside its fields, and a field that has no length of its own, at most. */
const RECORD_BYTES = 32;
const FIELD_BYTES = 8;
/** Of a partition or an epoch in a list. */
const ELEMENT_BYTES = 4;

/** How many bytes the records of events take, at most and without writing them. */
export function bytesOf(events: readonly GroupEvent[]): number {
  return events.reduce((sum, event) => sum + RECORD_BYTES + valueBytes(event), 0);
}

function valueBytes(value: unknown): number {
  if (typeof value === 'string') return FIELD_BYTES + utf8Bytes(value);
  if (typeof value !== 'object' || value === null) return FIELD_BYTES;
  if (value instanceof Uint8Array) return FIELD_BYTES + value.length;
  if (Array.isArray(value) && typeof value[0] === 'number') {
    return FIELD_BYTES + value.length * ELEMENT_BYTES;
  }
  let bytes = FIELD_BYTES;
  for (const each of Object.values(value)) bytes += valueBytes(each);
  return bytes;
}

function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x800) bytes += 2;
    else if (unit >= 0x80) bytes += 1;
  }
  return bytes;
}
