import { includes, type Definition, type FieldDefinition } from './definitions.ts';

/**
 * A slow second implementation of the protocol, straight from Kafka's definitions and sharing no code with the first: it walks
 * the fields anew for every value. What both say of the same value must be the same bytes.
 */
export class Oracle {
  private readonly fields: readonly FieldDefinition[];
  private readonly version: number;
  private readonly flexible: boolean;

  constructor({ fields, flexibleFrom }: Definition, version: number) {
    this.fields = fields;
    this.version = version;
    this.flexible = version >= flexibleFrom;
  }

  encode(value: unknown): Buffer {
    return this.struct(this.fields, value as Values);
  }

  private struct(fields: readonly FieldDefinition[], values: Values): Buffer {
    const sent = fields.filter(({ versions }) => includes(versions, this.version));
    const isTagged = (field: FieldDefinition): boolean => includes(field.tagged, this.version);
    const plain = sent
      .filter(field => !isTagged(field))
      .map(field => this.value(field, values[field.name]));
    if (!this.flexible) return Buffer.concat(plain);
    const tagged = sent
      .filter(field => isTagged(field) && !same(values[field.name], field.fallback))
      .sort((a, b) => a.tag - b.tag)
      .map(field => ({ tag: field.tag, body: this.value(field, values[field.name]) }));
    const tags = tagged.flatMap(({ tag, body }) => [uvarint(tag), uvarint(body.length), body]);
    return Buffer.concat([...plain, uvarint(tagged.length), ...tags]);
  }

  private value(field: FieldDefinition, value: unknown): Buffer {
    if (field.type.startsWith('[]')) return this.array(field, value as unknown[] | null);
    if (field.fields !== null) {
      if (!includes(field.nullable, this.version))
        return this.struct(field.fields, value as Values);
      if (value === null) return Buffer.from([includes(field.tagged, this.version) ? 0 : 0xff]);
      return Buffer.concat([Buffer.from([1]), this.struct(field.fields, value as Values)]);
    }
    if (field.type === 'string') {
      return this.prefixed(value === null ? null : Buffer.from(value as string), 2);
    }
    if (field.type === 'records' || field.type === 'bytes')
      return this.prefixed(value as Buffer | null, 4);
    return fixed(field.type, value);
  }

  private array(field: FieldDefinition, values: unknown[] | null): Buffer {
    if (values === null) return this.length(-1, 4);
    const element = { ...field, type: field.type.slice(2), nullable: null };
    return Buffer.concat([
      this.length(values.length, 4),
      ...values.map(value => this.value(element, value)),
    ]);
  }

  private prefixed(bytes: Buffer | null, width: 2 | 4): Buffer {
    if (bytes === null) return this.length(-1, width);
    return Buffer.concat([this.length(bytes.length, width), bytes]);
  }

  private length(length: number, width: 2 | 4): Buffer {
    if (this.flexible) return uvarint(length + 1);
    const bytes = Buffer.alloc(width);
    bytes.writeIntBE(length, 0, width);
    return bytes;
  }
}

type Values = Readonly<Record<string, unknown>>;

const WIDTHS: Readonly<Record<string, number>> = { int8: 1, int16: 2, int32: 4 };

function fixed(type: string, value: unknown): Buffer {
  if (type === 'bool') return Buffer.from([value === true ? 1 : 0]);
  if (type === 'uuid') return Buffer.from(value as string, 'base64url');
  if (type === 'bigint64') return bits64(value as bigint);
  if (type === 'int64') return int64(value as number);
  const bytes = Buffer.alloc(WIDTHS[type]!);
  bytes.writeIntBE(value as number, 0, bytes.length);
  return bytes;
}

function int64(value: number): Buffer {
  return bits64(value === Number.MAX_SAFE_INTEGER ? 2n ** 63n - 1n : BigInt(value));
}

function bits64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

function uvarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

function same(value: unknown, fallback: unknown): boolean {
  if (typeof value === 'bigint') return value === fallback;
  return JSON.stringify(value) === JSON.stringify(fallback);
}
