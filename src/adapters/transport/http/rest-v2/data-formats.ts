import { z } from 'zod';
import type { RecordView } from '../../../../domain/model/log/records.ts';
import { HttpError } from '../http-errors.ts';
import { base64Bytes } from '../base64.ts';
import { whyChanged } from '../json-text.ts';
import { unprocessable } from './v2-errors.ts';

/** How keys and values are embedded in a body. */
export const DATA_FORMATS = ['json', 'binary', 'text'] as const;
export type DataFormat = (typeof DATA_FORMATS)[number];

/** What answers are, that embed no data. */
export const V2_TYPE = 'application/vnd.kafka.v2+json';
/** What bodies may be called, that embed no data. */
export const V2_TYPES = [V2_TYPE, 'application/json'];

const TYPE = /^application\/vnd\.kafka\.(json|binary|text)\.v2\+json$/;
const ANYTHING = new Set([
  '*/*',
  'application/*',
  'application/json',
  V2_TYPE,
  'application/vnd.kafka+json',
]);

export function typeOf(format: DataFormat): string {
  return `application/vnd.kafka.${format}.v2+json`;
}

/** The format that a body is in, by its content type; throws for a type that is none. */
export function formatOfBody(contentType: string | undefined): DataFormat {
  const format = formatNamed(mediaTypeIn(contentType ?? ''));
  if (format !== null) return format;
  const known = DATA_FORMATS.map(typeOf).join(', ');
  throw new HttpError(415, `records come as one of ${known}, not as ${contentType}`);
}

/** The first format that an `Accept` header takes: binary for a client that takes anything, for that shows all records. */
export function acceptedFormat(
  accept: string | undefined,
  preferred: DataFormat = 'binary',
): DataFormat {
  if (accept === undefined) return preferred;
  for (const range of accept.split(',')) {
    const type = mediaTypeIn(range);
    const format = ANYTHING.has(type) ? preferred : formatNamed(type);
    if (format !== null) return format;
  }
  throw new HttpError(406, `records are shown as one of ${DATA_FORMATS.map(typeOf).join(', ')}`);
}

/** A key or a value as bytes; throws for data that is not of its format. */
export function bytesIn(format: DataFormat, data: unknown, what: string): Buffer | null {
  if (data === null || data === undefined) return null;
  if (format === 'json') return Buffer.from(JSON.stringify(data));
  if (typeof data !== 'string') throw unprocessable(`${what}: ${format} data is a string`);
  if (format === 'text') return Buffer.from(data);
  const bytes = base64Bytes(data);
  if (bytes === null) throw unprocessable(`${what}: the data is not base64`);
  return bytes;
}

/** A record as it is shown; throws for bytes that are not what was asked for. */
export function shownAs(
  format: DataFormat,
  record: RecordView,
  place: { topic: string; partition: number },
) {
  const { offset, timestamp, headers } = record;
  const at = `${place.topic}-${place.partition} at offset ${offset}`;
  return {
    topic: place.topic,
    key: dataOf(format, record.key, at),
    value: dataOf(format, record.value, at),
    partition: place.partition,
    offset,
    timestamp,
    headers: headers.map(({ key, value }) => ({ key, value: value?.toString('base64') ?? null })),
  };
}

function dataOf(format: DataFormat, bytes: Buffer | null, at: string): unknown {
  if (bytes === null) return null;
  if (format === 'binary') return bytes.toString('base64');
  const text = bytes.toString();
  if (format === 'text') return text;
  const data = parsed(text);
  const why = data === undefined ? 'is not JSON' : whyChanged(text);
  if (why === null) return data;
  throw new HttpError(40601, `the record of ${at} ${why}: ask for ${typeOf('binary')}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function formatNamed(type: string): DataFormat | null {
  return (TYPE.exec(type)?.[1] as DataFormat | undefined) ?? null;
}

/** `a/b;charset=utf-8` is a/b. */
function mediaTypeIn(header: string): string {
  return header.split(';', 1)[0]!.trim().toLowerCase();
}

const shownRecord = z.object({
  topic: z.string(),
  /** What the format makes of it; any JSON in `json`. */
  key: z.unknown(),
  value: z.unknown(),
  partition: z.int(),
  offset: z.int(),
  timestamp: z.number(),
  headers: z.array(z.object({ key: z.string(), value: z.string().nullable() })),
});

/** Schema of an answer with records, in whichever format. */
export const shownRecords = {
  200: {
    description: 'The records',
    content: Object.fromEntries(
      DATA_FORMATS.map(format => [typeOf(format), { schema: z.array(shownRecord) }]),
    ),
  },
};
