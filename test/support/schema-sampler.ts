import type { SeededRandom } from './seeded-random.ts';

/** What of JSON Schema zod writes. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly format?: string;
  readonly not?: unknown;
}

const TEXTS = [
  '',
  'a',
  'orders',
  '0',
  '-1',
  'true',
  'ü€😀',
  ' ',
  '\u0000',
  '../x',
  '%2F',
  '{}',
  'AAEC',
];
const ANYTHING = [null, true, 0, -1, 1.5, 'a', 'AAEC', [], [1, 'a'], {}, { a: { b: null } }];
const WRONG = [null, true, -1, 1.5, 1e300, 'no', '', [], [[]], {}, { a: 1 }];

/** Makes values from schemas: those that fit, and those that do not quite. */
export class SchemaSampler {
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.#random.integer(values.length)]!;
  }

  chance(of: number): boolean {
    return this.#random.integer(of) === 0;
  }

  /** A value that the schema takes. */
  valid(schema: JsonSchema): unknown {
    if ('const' in schema) return schema.const;
    if (schema.enum) return this.pick(schema.enum);
    const either = schema.anyOf ?? schema.oneOf;
    if (either) return this.valid(this.pick(either));
    const { type } = schema;
    if (type === undefined) return this.pick(ANYTHING);
    return this.#ofType(typeof type === 'string' ? type : this.pick(type), schema);
  }

  /** A value that the schema takes, but for one place in it; it may be taken by chance. */
  broken(schema: JsonSchema): unknown {
    const either = schema.anyOf ?? schema.oneOf;
    if (either && !this.chance(3)) return this.broken(this.pick(either));
    const names = Object.keys(schema.properties ?? {});
    if (names.length === 0 || this.chance(4)) return this.pick(WRONG);
    const value = this.valid(schema) as Record<string, unknown>;
    const name = this.pick(names);
    if (schema.required?.includes(name) && this.chance(2)) delete value[name];
    else value[name] = this.#brokenField(schema.properties![name]!);
    return value;
  }

  #brokenField(schema: JsonSchema): unknown {
    if (schema.items && !this.chance(3)) return [this.broken(schema.items)];
    return this.broken(schema);
  }

  #ofType(type: string, schema: JsonSchema): unknown {
    if (type === 'null') return null;
    if (type === 'boolean') return this.chance(2);
    if (type === 'string') return this.#text(schema);
    if (type === 'array') {
      const length = (schema.minItems ?? 0) + this.#random.integer(3);
      return Array.from({ length }, () => this.valid(schema.items ?? {}));
    }
    return type === 'object' ? this.#object(schema) : this.#number(schema);
  }

  #object({ properties = {}, required = [] }: JsonSchema): unknown {
    const kept = Object.entries(properties).filter(
      ([name]) => required.includes(name) || this.chance(2),
    );
    return Object.fromEntries(kept.map(([name, schema]) => [name, this.valid(schema)]));
  }

  #text({ format, minLength = 0, maxLength = Infinity }: JsonSchema): string {
    if (format === 'date-time') return '2024-01-02T03:04:05.678+01:00';
    const fitting = TEXTS.filter(({ length }) => length >= minLength && length <= maxLength);
    return this.pick(fitting);
  }

  #number({ minimum = -1e6, maximum = 1e6 }: JsonSchema): number {
    const small = Math.min(maximum, minimum + this.#random.integer(5));
    return this.pick([minimum, maximum, small, small, small]);
  }
}
