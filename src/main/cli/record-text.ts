import { isUtf8 } from 'node:buffer';
import type { ConsumedRecord } from '../../adapters/transport/kafka/client/consumer.ts';

type Shown = string | null | { readonly base64: string };

/** A record as one JSON object; bytes that are no UTF-8 become `{"base64": "..."}`. */
export function recordJson(topic: string, record: ConsumedRecord): string {
  const { partition, offset, timestamp } = record;
  const headers = record.headers.map(({ key, value }) => ({ key, value: shown(value) }));
  const key = shown(record.key);
  const value = shown(record.value);
  return JSON.stringify({ topic, partition, offset, timestamp, key, value, headers });
}

/** A record as its value, after its key and the delimiter if there is one; bytes that are no UTF-8 become `base64:...`. */
export function recordText({ key, value }: ConsumedRecord, delimiter: string | undefined): string {
  return delimiter === undefined ? plain(value) : `${plain(key)}${delimiter}${plain(value)}`;
}

function shown(bytes: Buffer | null): Shown {
  if (bytes === null) return null;
  return isUtf8(bytes) ? bytes.toString('utf8') : { base64: bytes.toString('base64') };
}

function plain(bytes: Buffer | null): string {
  const text = shown(bytes);
  if (text === null) return '';
  return typeof text === 'string' ? text : `base64:${text.base64}`;
}
