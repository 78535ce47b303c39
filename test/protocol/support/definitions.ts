import { readFileSync } from 'node:fs';

/** Versions, both ends included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** One field as Apache Kafka defines it. `type` is Kafka's: int32, string, []Name, Name, ... */
export interface FieldDefinition {
  readonly name: string;
  readonly type: string;
  readonly versions: Range;
  readonly nullable: Range | null;
  readonly tag: number;
  readonly tagged: Range | null;
  readonly ignorable: boolean;
  readonly fallback: unknown;
  readonly fields: readonly FieldDefinition[] | null;
}

export interface Definition {
  /** Undefined for what has none; of a record, the type that its key begins with. */
  readonly apiKey: number | undefined;
  readonly name: string;
  readonly versions: Range;
  readonly flexibleFrom: number;
  readonly fields: readonly FieldDefinition[];
}

/** What stands for no version at all. */
const NEVER = Number.MAX_SAFE_INTEGER;

interface RawField {
  name: string;
  type: string;
  versions: string;
  nullableVersions?: string;
  tag?: number;
  taggedVersions?: string;
  default?: string | number | boolean | null;
  ignorable?: boolean;
  fields?: RawField[];
}

interface RawMessage {
  apiKey?: number;
  name: string;
  validVersions: string;
  flexibleVersions: string;
  fields: RawField[];
  commonStructs?: { name: string; fields: RawField[] }[];
}

/** Fields of which every bit counts: here they are no numbers. */
const HASHES = new Set(['MetadataHash']);

const { messages } = parsed<{ messages: Record<string, RawMessage> }>('kafka-4.4-messages.json');
const { records } = parsed<{ records: Record<string, RawMessage> }>(
  'kafka-4.4-coordinator-records.json',
);

function parsed<T>(fixture: string): T {
  const file = new URL(`../../fixtures/${fixture}`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

/** Kafka 4.4's definition of a message or a coordinator's record, field names in camelCase. */
export function definitionOf(name: string): Definition {
  const raw = messages[name] ?? records[name];
  if (raw === undefined) throw new Error(`Kafka defines no ${name}`);
  const { from: flexibleFrom } = rangeOf(raw.flexibleVersions) ?? { from: NEVER };
  return {
    apiKey: raw.apiKey,
    name,
    versions: rangeOf(raw.validVersions)!,
    flexibleFrom,
    fields: raw.fields.map(field => fieldOf(field, raw)),
  };
}

/** What is left of a definition when only some versions are served: fields of other versions go. */
export function servedFields(fields: readonly FieldDefinition[], served: Range): FieldDefinition[] {
  return fields
    .filter(({ versions }) => overlap(versions, served) !== null)
    .map(field => ({ ...field, fields: field.fields && servedFields(field.fields, served) }));
}

export function overlap(a: Range, b: Range): Range | null {
  const from = Math.max(a.from, b.from);
  const to = Math.min(a.to, b.to);
  return from <= to ? { from, to } : null;
}

export function includes(range: Range | null, version: number): boolean {
  return range !== null && range.from <= version && version <= range.to;
}

function fieldOf(raw: RawField, message: RawMessage): FieldDefinition {
  const element = raw.type.replace('[]', '');
  const fields = raw.fields ?? message.commonStructs?.find(({ name }) => name === element)?.fields;
  const inner = fields?.map(field => fieldOf(field, message)) ?? null;
  return {
    name: raw.name[0]!.toLowerCase() + raw.name.slice(1),
    type: HASHES.has(raw.name) ? 'bigint64' : raw.type,
    versions: rangeOf(raw.versions)!,
    nullable: rangeOf(raw.nullableVersions ?? 'none'),
    tag: raw.tag ?? -1,
    tagged: rangeOf(raw.taggedVersions ?? 'none'),
    ignorable: raw.ignorable ?? false,
    fallback: fallbackOf(raw, inner),
    fields: inner,
  };
}

/** Kafka's rule (FieldSpec): the text `null` is null; nothing, or JSON's own null, is the zero of the type. */
function fallbackOf(raw: RawField, inner: readonly FieldDefinition[] | null): unknown {
  if (raw.default === 'null' || raw.type === 'records') return null;
  if (raw.type.startsWith('[]')) return [];
  if (inner !== null)
    return Object.fromEntries(inner.map(({ name, fallback }) => [name, fallback]));
  if (raw.type === 'bytes') return Buffer.alloc(0);
  if (HASHES.has(raw.name)) return BigInt(raw.default as string);
  if (raw.type === 'string') return raw.default ?? '';
  if (raw.type === 'uuid') return Buffer.alloc(16).toString('base64url');
  if (raw.type === 'bool') return String(raw.default ?? false) === 'true';
  // Long.MAX_VALUE is the one default past 2^53: the greatest safe integer stands for it.
  return Math.min(Number(raw.default ?? 0), Number.MAX_SAFE_INTEGER);
}

function rangeOf(text: string): Range | null {
  if (text === 'none') return null;
  const [from, to] = text.replace('+', '-Infinity').split('-').map(Number) as [number, number?];
  return { from, to: to ?? from };
}
