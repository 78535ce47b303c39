import { compile, type Codec } from './compile.ts';
import { Field, type Fields, type Optional, type Wire } from './field.ts';
import type { Payload } from './writer.ts';

type OptionalKeys<F> = {
  [K in keyof F]: F[K] extends Optional ? K : never;
}[keyof F];

/** What a reader gives: every field, whatever the version. */
export type Read<F extends Fields> = { readonly [K in keyof F]: F[K]['read'] };

/** What a writer takes: fields with a fallback may be left out. */
export type Write<F extends Fields> = {
  readonly [K in Exclude<keyof F, OptionalKeys<F>>]: F[K]['write'];
} & { readonly [K in OptionalKeys<F>]?: F[K]['write'] };

const FOREVER = Number.POSITIVE_INFINITY;

function field<R, W = R>(wire: Wire, fallback: R): Field<R, W> {
  return new Field<R, W>({
    wire,
    fallback,
    from: 0,
    to: FOREVER,
    tag: -1,
    nullableFrom: FOREVER,
    ignorable: false,
  });
}

function fixed<T>(name: string, bytes: number, zero: T): Field<T> {
  return field({ kind: 'fixed', name, bytes }, zero);
}

/** Kafka's Uuid.ZERO_UUID. */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA';

export const bool = fixed<boolean>('bool', 1, false);
export const int8 = fixed<number>('int8', 1, 0);
export const int16 = fixed<number>('int16', 2, 0);
export const uint16 = fixed<number>('uint16', 2, 0);
export const int32 = fixed<number>('int32', 4, 0);
/** A safe integer: what is past 2^53 is refused. */
export const int64 = fixed<number>('int64', 8, 0);
/** A safe integer that stands for all beyond it as well: for offsets and times where a client may ask for Long.MAX_VALUE. */
export const saturatingInt64 = fixed<number>('saturatingInt64', 8, 0);
/** For numbers that are no quantity, of which every bit counts: hashes. */
export const bigint64 = fixed<bigint>('bigint64', 8, 0n);
export const float64 = fixed<number>('float64', 8, 0);
/** 22 characters of base64url, as Kafka prints a Uuid. */
export const uuid = fixed<string>('uuid', 16, ZERO_UUID);
export const string = field<string>({ kind: 'prefixed', name: 'string' }, '');
/** What another protocol says, opaque here: read as a view into the frame; copy it to keep it. */
export const bytes = field<Buffer>({ kind: 'prefixed', name: 'bytes' }, Buffer.alloc(0));
/** Record batches: read as a view into the frame, written from one view or several. */
export const records = new Field<Buffer | null, Payload>({
  ...field({ kind: 'prefixed', name: 'records' }, null).traits,
  nullableFrom: 0,
});

/** Lets a field be null from a version on. As in Kafka its fallback stays what it was: say `.default(null)` for null. */
export function nullable<R, W>(
  { traits }: Field<R, W>,
  nullableFrom = 0,
): Field<R | null, W | null> {
  return new Field<R | null, W | null>({ ...traits, nullableFrom });
}

export function struct<F extends Fields>(fields: F): Field<Read<F>, Write<F>> {
  const fallback = Object.entries(fields).map(([name, { traits }]) => [name, traits.fallback]);
  return field({ kind: 'struct', fields }, Object.freeze(Object.fromEntries(fallback)) as Read<F>);
}

export function arrayOf<R, W>(of: Field<R, W>): Field<readonly R[], readonly W[]> {
  return field({ kind: 'array', of }, Object.freeze([]) as readonly R[]);
}

export function array<F extends Fields>(fields: F): Field<readonly Read<F>[], readonly Write<F>[]> {
  return arrayOf(struct(fields));
}

/** One message in all the versions that are served. */
export interface Message<F extends Fields = Fields> {
  readonly name: string;
  readonly fields: F;
  readonly minVersion: number;
  readonly maxVersion: number;
  /** Whether a version has compact lengths and tagged fields; told of versions that are not served as well. */
  isFlexible(version: number): boolean;
  serves(version: number): boolean;
  /** The codec of a version that is served; compiled on first use, for a broker that never speaks it need not pay for it. */
  at(version: number): Codec<Read<F>, Write<F>>;
}

/** What reading a message gives. */
export type Reads<M> = M extends Message<infer F> ? Read<F> : never;
/** What a message is written from. */
export type Writes<M> = M extends Message<infer F> ? Write<F> : never;

/** Where no version is flexible, be it that none ever was made so. */
export const NEVER_FLEXIBLE = Number.MAX_SAFE_INTEGER;

/** Describes a message: `versions` are those served, from `flexibleFrom` on it is flexible. */
export function message<F extends Fields>(
  name: string,
  versions: `${number}-${number}`,
  flexibleFrom: number,
  fields: F,
): Message<F> {
  const [minVersion, maxVersion] = versions.split('-').map(Number) as [number, number];
  const codecs: Codec<Read<F>, Write<F>>[] = [];
  const serves = (version: number): boolean => minVersion <= version && version <= maxVersion;
  const isFlexible = (version: number): boolean => version >= flexibleFrom;
  const build = (version: number): Codec<Read<F>, Write<F>> => {
    if (!serves(version)) throw new RangeError(`${name} has no version ${version}`);
    return compile(name, fields, { version, flexible: isFlexible(version) });
  };
  return {
    name,
    fields,
    minVersion,
    maxVersion,
    serves,
    isFlexible,
    at: version => (codecs[version] ??= build(version)),
  };
}

/** One API: how it is asked and answered. */
export interface Api {
  readonly key: number;
  readonly name: string;
  readonly request: Message;
  readonly response: Message;
  /** The lowest version to advertise, where it differs from the lowest served. */
  readonly advertisedMin?: number;
  /** True where responses carry header version 0 even in flexible versions. */
  readonly plainResponseHeader?: boolean;
}
