/** How a value looks on the wire. `name` is the method of WireReader and WireWriter that handles it. */
export type Wire =
  | { readonly kind: 'fixed'; readonly name: string; readonly bytes: number }
  | { readonly kind: 'prefixed'; readonly name: 'string' | 'bytes' | 'records' }
  | { readonly kind: 'array'; readonly of: Field }
  | { readonly kind: 'struct'; readonly fields: Fields };

/** What a message definition of Kafka says of one field; versions are inclusive. */
export interface Traits<R> {
  readonly wire: Wire;
  /** What a reader sees where no value was sent, and what a writer may leave out. Frozen. */
  readonly fallback: R;
  readonly from: number;
  readonly to: number;
  /** -1 for a field that is not tagged. */
  readonly tag: number;
  readonly nullableFrom: number;
  /** Whether a value may silently be lost in a version that has no such field. */
  readonly ignorable: boolean;
}

/** A field that reads as `R` and is written from `W`. */
export class Field<R = unknown, W = unknown> {
  declare readonly read: R;
  declare readonly write: W;
  readonly traits: Traits<R>;

  constructor(traits: Traits<R>) {
    this.traits = traits;
  }

  /** First version with the field. */
  since(from: number): Optional<R, W> {
    return new Optional({ ...this.traits, from });
  }

  /** Last version with the field. */
  until(to: number): Optional<R, W> {
    return new Optional({ ...this.traits, to });
  }

  tagged(tag: number): Optional<R, W> {
    return new Optional({ ...this.traits, tag });
  }

  default(fallback: R): Optional<R, W> {
    return new Optional({ ...this.traits, fallback });
  }

  ignorable(): Optional<R, W> {
    return new Optional({ ...this.traits, ignorable: true });
  }
}

/** A field that a writer may leave out; a reader always sees a value. */
export class Optional<R = unknown, W = unknown> extends Field<R, W> {
  declare readonly optional: true;
}

/** Fields by their names; the order is the order on the wire. */
export type Fields = Readonly<Record<string, Field>>;

/** How one version of a message sees its fields. */
export interface Edition {
  readonly version: number;
  /** Compact lengths and tagged fields (KIP-482). */
  readonly flexible: boolean;
}

export function isPresent({ traits }: Field, { version }: Edition): boolean {
  return traits.from <= version && version <= traits.to;
}

export function isNullable({ traits }: Field, { version }: Edition): boolean {
  return version >= traits.nullableFrom;
}

/** A nullable struct begins with a byte, -1 or 1; but where it is tagged, with a varint, 0 or 1 (MessageDataGenerator). */
export function isPresenceVarint({ traits }: Field): boolean {
  return traits.tag >= 0;
}

/** The fewest bytes a value of the field can take: what a declared count of them is checked against. */
export function bytesMin(field: Field, edition: Edition): number {
  const { wire } = field.traits;
  if (wire.kind === 'fixed') return wire.bytes;
  if (wire.kind === 'struct')
    return isNullable(field, edition) ? 1 : structBytesMin(wire.fields, edition);
  if (edition.flexible) return 1;
  return wire.kind === 'prefixed' && wire.name === 'string' ? 2 : 4;
}

function structBytesMin(fields: Fields, edition: Edition): number {
  let total = edition.flexible ? 1 : 0;
  for (const field of Object.values(fields)) {
    if (isPresent(field, edition) && field.traits.tag < 0) total += bytesMin(field, edition);
  }
  return total;
}

/** How many objects (strings, views, arrays, structs) one value of the field becomes, the elements of arrays not counted. */
export function objectsOf({ traits: { wire } }: Field, edition: Edition): number {
  if (wire.kind === 'fixed') return wire.name === 'uuid' ? 1 : 0;
  if (wire.kind !== 'struct') return 1;
  let total = 1;
  for (const field of Object.values(wire.fields)) {
    if (isPresent(field, edition)) total += objectsOf(field, edition);
  }
  return total;
}
