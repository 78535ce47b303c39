import { z } from 'zod';
import type {
  ProducedRecord,
  RecordToProduce,
} from '../../../../domain/use-cases/produce-records.ts';
import { base64Bytes } from '../base64.ts';
import { httpErrorOf, HttpError } from '../http-errors.ts';
import { TIMESTAMP_MAX_MS } from '../timestamps.ts';

const TYPES = ['BINARY', 'JSON', 'STRING'] as const;

const field = z.strictObject({
  type: z.enum(TYPES),
  /** Base64, JSON or text; null, or nothing, for Kafka's null. It has been parsed from JSON, and is not looked at again. */
  data: z.unknown().optional(),
});

const header = z.strictObject({ name: z.string(), value: z.string().nullish() });

/** A record to produce, as REST API v3 has it. */
export const recordBody = z.strictObject({
  partition_id: z.int().min(0).nullish(),
  headers: z.array(header).nullish(),
  key: field.nullish(),
  value: field.nullish(),
  timestamp: z
    .union([z.iso.datetime({ offset: true }), z.int().min(0).max(TIMESTAMP_MAX_MS)])
    .nullish(),
});
export type RecordBody = z.output<typeof recordBody>;

const producedField = z.object({ type: z.enum(TYPES), size: z.number() }).optional();

/** What a record became. */
export const producedBody = z.object({
  cluster_id: z.string(),
  topic_name: z.string(),
  partition_id: z.number(),
  offset: z.number(),
  timestamp: z.string(),
  key: producedField,
  value: producedField,
});

/** A record of a body, or why it is none. */
export function readRecord(
  body: unknown,
): { record: RecordToProduce; body: RecordBody } | HttpError {
  const read = recordBody.safeParse(body);
  if (!read.success) return new HttpError(42206, z.prettifyError(read.error));
  try {
    return { record: recordOf(read.data), body: read.data };
  } catch (error) {
    if (error instanceof HttpError) return error;
    throw error;
  }
}

/** How a record was produced, as the API shows it. */
export function shownRecord(
  { record, body }: { record: RecordToProduce; body: RecordBody },
  produced: Extract<ProducedRecord, { error: null }>,
  { clusterId, topic }: { clusterId: string; topic: string },
): z.output<typeof producedBody> {
  return {
    cluster_id: clusterId,
    topic_name: topic,
    partition_id: produced.partition,
    offset: produced.offset,
    timestamp: new Date(produced.timestamp).toISOString(),
    key: sizeOf(body.key, record.key),
    value: sizeOf(body.value, record.value),
  };
}

/** The failure of a record that was not produced. */
export function failureOf(produced: Exclude<ProducedRecord, { error: null }>): HttpError {
  return httpErrorOf(produced.error, produced.message);
}

function recordOf(body: RecordBody): RecordToProduce {
  const { timestamp, headers } = body;
  return {
    partition: body.partition_id ?? null,
    key: bytesOf(body.key, 'key'),
    value: bytesOf(body.value, 'value'),
    headers: (headers ?? []).map(({ name, value }) => ({
      key: name,
      value: value === null || value === undefined ? null : base64(value, `header ${name}`),
    })),
    ...(timestamp === null || timestamp === undefined ? {} : { timestamp: timeOf(timestamp) }),
  };
}

/** Kafka has no time before 1970: below 0 is none. */
function timeOf(timestamp: string | number): number {
  const ms = new Date(timestamp).getTime();
  if (ms >= 0) return ms;
  throw new HttpError(42206, `timestamp: ${timestamp} is before 1970`);
}

function bytesOf(given: RecordBody['key'], what: string): Buffer | null {
  if (given?.data === null || given?.data === undefined) return null;
  const { type, data } = given;
  if (type === 'JSON') return Buffer.from(JSON.stringify(data));
  if (typeof data !== 'string') throw new HttpError(42206, `${what}: ${type} data is a string`);
  return type === 'STRING' ? Buffer.from(data) : base64(data, what);
}

function base64(text: string, what: string): Buffer {
  const bytes = base64Bytes(text);
  if (bytes === null) throw new HttpError(42206, `${what}: the data is not base64`);
  return bytes;
}

function sizeOf(given: RecordBody['key'], bytes: Buffer | null): z.output<typeof producedField> {
  return given === null || given === undefined
    ? undefined
    : { type: given.type, size: bytes?.length ?? 0 };
}
