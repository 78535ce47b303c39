import { isUtf8 } from 'node:buffer';
import type { RecordView } from '../../../domain/model/log/records.ts';
import { whyChanged } from './json-text.ts';
import { TIMESTAMP_MAX_MS } from './timestamps.ts';

/**
 * How bytes are shown: `auto` tries JSON, then text, then base64; `json` is the same, and `string` leaves JSON as text. JSON that a
 * reader would see changed, with numbers of more digits than a double keeps, is shown as text; so is what is deep or large.
 */
export const FORMATS = ['auto', 'json', 'string', 'binary'] as const;
export type Format = (typeof FORMATS)[number];

/** Bytes as JSON can have them; binary data is base64. The size is theirs, in bytes. */
export interface ShownBytes {
  readonly type: 'json' | 'string' | 'binary' | 'null';
  readonly data: unknown;
  readonly size: number;
}

export interface ShownRecord {
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the Unix epoch, and the same as ISO 8601 has it; null where that has no word for it. */
  readonly timestamp: number;
  readonly timestamp_iso: string | null;
  readonly key: ShownBytes;
  readonly value: ShownBytes;
  readonly headers: readonly (ShownBytes & { readonly name: string })[];
}

/** What is larger is not worth to be taken apart: nobody looks at it but as text. */
const JSON_BYTES_MAX = 1024 * 1024;

/** A record as a page, a script or a person is shown it. */
export function recordJson(partition: number, record: RecordView, format: Format): ShownRecord {
  const { offset, timestamp, key, value, headers } = record;
  return {
    partition,
    offset,
    timestamp,
    timestamp_iso: isoOf(timestamp),
    key: shownBytes(key, format),
    value: shownBytes(value, format),
    headers: headers.map(header => ({ name: header.key, ...shownBytes(header.value, format) })),
  };
}

export function shownBytes(bytes: Buffer | null, format: Format): ShownBytes {
  if (bytes === null) return { type: 'null', data: null, size: 0 };
  const size = bytes.length;
  if (format === 'binary' || !isUtf8(bytes)) {
    return { type: 'binary', data: bytes.toString('base64'), size };
  }
  const text = bytes.toString('utf8');
  const data = format === 'string' || size > JSON_BYTES_MAX ? undefined : parsed(text);
  return data === undefined ? { type: 'string', data: text, size } : { type: 'json', data, size };
}

/** Undefined for what is no JSON, and for what would not be the same afterwards: a number, or what is nested too deeply. */
function parsed(text: string): unknown {
  try {
    const data = JSON.parse(text) as unknown;
    if (typeof data === 'number') return String(data) === text.trim() ? data : undefined;
    return whyChanged(text) === null ? data : undefined;
  } catch {
    return undefined;
  }
}

/** Kafka's -1 is no time. */
function isoOf(timestamp: number): string | null {
  const isTime = timestamp >= 0 && timestamp <= TIMESTAMP_MAX_MS;
  return isTime ? new Date(timestamp).toISOString() : null;
}
