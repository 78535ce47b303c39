import { z } from 'zod';
import { RecordFilter, type RecordFilterParts } from '../../../../domain/model/record-filter.ts';
import type { StartPoint } from '../../../../domain/use-cases/runtime/start-positions.ts';
import { HttpError } from '../http-errors.ts';
import { FORMATS } from '../record-json.ts';
import { resumePoint } from './event-id.ts';

const TEXT_MAX = 1000;
const ID_MAX = 4000;
const BAD_QUERY = 40002;
const text = z.string().max(TEXT_MAX);

/** What may be asked of a tail; anything else is refused, for a name that is mistyped must not mean everything. */
export const tailQuery = z.strictObject({
  from: text.default('end').describe('start, end, an offset, or ts: and milliseconds or ISO 8601'),
  partition: z
    .string()
    .max(ID_MAX)
    .regex(/^\d{1,9}(,\d{1,9})*$/, 'must be numbers with commas')
    .optional()
    .describe('partitions with commas; all of them unless told'),
  key: text.optional().describe('the whole key'),
  header: text.optional().describe('the name of a header, or name:value'),
  path: text.optional().describe('a JSON path such as $.a.b[0] that the value must have'),
  equals: text.optional().describe('what is at the path'),
  contains: text.optional().describe('a part of the value'),
  format: z.enum(FORMATS).default('auto'),
  last_event_id: z.string().max(ID_MAX).optional().describe('as the header Last-Event-ID'),
});

export type TailQuerystring = z.infer<typeof tailQuery>;

/** Null for all. */
export function partitionsOf({ partition }: TailQuerystring): number[] | null {
  return partition === undefined ? null : [...new Set(partition.split(',').map(Number))];
}

/** Null for every record. Throws INVALID_REQUEST for a path that is none. */
export function filterOf(query: TailQuerystring): RecordFilter | null {
  const { key, header, path, equals, contains } = query;
  const parts: { -readonly [P in keyof RecordFilterParts]: RecordFilterParts[P] } = {};
  if (key !== undefined) parts.key = key;
  if (contains !== undefined) parts.valueContains = contains;
  if (header !== undefined) parts.header = headerOf(header);
  if (path !== undefined) parts.path = path;
  if (equals !== undefined) parts.pathEquals = equals;
  const filter = new RecordFilter(parts);
  return filter.isEmpty ? null : filter;
}

/** Where to begin; after the event that a reader saw last, if it says which that was. Throws an HttpError. */
export function startPointOf(query: TailQuerystring, lastEventId: string | undefined): StartPoint {
  const begin = placeIn(query.from);
  const id = lastEventId ?? query.last_event_id;
  if (id === undefined || id === '') return begin;
  const point = resumePoint(id);
  if (point === null) {
    throw new HttpError(BAD_QUERY, `${JSON.stringify(id)} is no id of an event of this stream`);
  }
  return { offsets: point.offsets, others: point.isComplete ? 'start' : begin };
}

function headerOf(wanted: string): { name: string; value: string | null } {
  const at = wanted.indexOf(':');
  if (at < 0) return { name: wanted, value: null };
  return { name: wanted.slice(0, at), value: wanted.slice(at + 1) };
}

/** `start`, `end`, an offset, or `ts:` and a time. Throws an HttpError. */
export function placeIn(from: string): Exclude<StartPoint, { offsets: unknown }> {
  if (from === 'start' || from === 'end') return from;
  const time = /^ts:(.+)$/.exec(from)?.[1];
  const number = time === undefined ? wholeNumber(from) : (wholeNumber(time) ?? isoTime(time));
  if (number !== null) return time === undefined ? { offset: number } : { timestamp: number };
  const places = 'start, end, an offset, or ts: and a time';
  throw new HttpError(BAD_QUERY, `from is ${places}, not ${JSON.stringify(from)}`);
}

function wholeNumber(digits: string): number | null {
  const number = /^\d+$/.test(digits) ? Number(digits) : NaN;
  return Number.isSafeInteger(number) ? number : null;
}

/** Milliseconds since the Unix epoch; no other of the many forms that Date.parse takes. */
function isoTime(time: string): number | null {
  const ms = /^\d{4}-\d\d/.test(time) ? Date.parse(time) : NaN;
  return ms >= 0 ? ms : null;
}
