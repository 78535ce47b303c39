import { isNullable, type Edition, type Field } from './field.ts';

/** The code of one function, and the frozen objects it names as `k[i]`. */
export interface Source {
  readonly code: string;
  readonly constants: readonly unknown[];
}

/** What the emission of one function keeps: its version, the names it gave out, the objects its code names. */
export class Emission {
  readonly edition: Edition;
  readonly constants: unknown[] = [];
  private locals = 0;

  constructor(edition: Edition) {
    this.edition = edition;
  }

  /** A name no other variable of the function has. */
  local(): string {
    return `_${this.locals++}`;
  }

  /** An expression for a fallback: objects by reference, so that all readers give the same frozen one. */
  constant(value: unknown): string {
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    return `k[${this.constants.push(value) - 1}]`;
  }

  /** The method for a value whose form depends on the version: `string`, `nullableString`, `compactNullableString`, ... */
  method(field: Field, name: string): string {
    const parts = [name];
    if (isNullable(field, this.edition)) parts.unshift('nullable');
    if (this.edition.flexible) parts.unshift('compact');
    return parts
      .map((part, i) => (i === 0 ? part : part[0]!.toUpperCase() + part.slice(1)))
      .join('');
  }
}
