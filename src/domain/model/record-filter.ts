import { BrokerError } from './error.ts';
import { JsonPath } from './json-path.ts';
import { withExactNumbers } from './json-text.ts';
import type { RecordView } from './log/records.ts';

/** What a record must be like; each part that is given must hold. Texts stand for their bytes in UTF-8. */
export interface RecordFilterParts {
  /** The whole key. */
  readonly key?: string;
  readonly keyContains?: string;
  readonly valueContains?: string;
  /** A header of this name, with this value if that is not null. */
  readonly header?: { readonly name: string; readonly value: string | null };
  /** A value that is JSON and has something at this path (JsonPath). */
  readonly path?: string;
  /**
   * What is at the path: a JSON literal, or the text of a string. A number of more digits than a double keeps, such as
   * 9007199254740993, is found by the very digits that the record has.
   */
  readonly pathEquals?: string;
}

type Test = (record: RecordView) => boolean;

/** Picks records by key, value, header, or what their JSON says. */
export class RecordFilter {
  readonly #tests: readonly Test[];

  /** Throws INVALID_REQUEST for a path that is none, or a value to be equal to without a path. */
  constructor(parts: RecordFilterParts) {
    this.#tests = [...bytesTests(parts), ...headerTests(parts), ...pathTests(parts)];
  }

  /** Whether it asks for nothing, so that every record matches. */
  get isEmpty(): boolean {
    return this.#tests.length === 0;
  }

  matches(record: RecordView): boolean {
    return this.#tests.every(test => test(record));
  }
}

function bytesTests({ key, keyContains, valueContains }: RecordFilterParts): Test[] {
  const tests: Test[] = [];
  if (key !== undefined) {
    const whole = Buffer.from(key);
    tests.push(record => record.key?.equals(whole) ?? false);
  }
  if (keyContains !== undefined) {
    const part = Buffer.from(keyContains);
    tests.push(record => record.key?.includes(part) ?? false);
  }
  if (valueContains !== undefined) {
    const part = Buffer.from(valueContains);
    tests.push(record => record.value?.includes(part) ?? false);
  }
  return tests;
}

function headerTests({ header }: RecordFilterParts): Test[] {
  if (header === undefined) return [];
  const { name } = header;
  const value = header.value === null ? null : Buffer.from(header.value);
  const fits = (found: Buffer | null): boolean => value === null || (found?.equals(value) ?? false);
  return [({ headers }) => headers.some(found => found.key === name && fits(found.value))];
}

function pathTests({ path, pathEquals }: RecordFilterParts): Test[] {
  if (path === undefined) {
    if (pathEquals === undefined) return [];
    throw new BrokerError('INVALID_REQUEST', 'a value to be equal to needs a path to find it at');
  }
  const place = JsonPath.parse(path);
  const isWanted = pathEquals === undefined ? isThere : equalTo(pathEquals);
  return [({ value }) => value !== null && isWanted(place.find(parsed(value.toString('utf8'))))];
}

function isThere(found: unknown): boolean {
  return found !== undefined;
}

/** `5` is the number and the string, `"5"` the string alone; what is no literal is a string. */
function equalTo(text: string): (found: unknown) => boolean {
  const literal = parsed(text);
  const isLiteral = literal !== undefined && (typeof literal !== 'object' || literal === null);
  return found => found === text || (isLiteral && found === literal);
}

/** Undefined for what is no JSON: no document is. A number that a double does not keep is the text of its digits. */
function parsed(text: string): unknown {
  try {
    const document = JSON.parse(text) as unknown;
    const exact = withExactNumbers(text);
    return exact === text ? document : (JSON.parse(exact) as unknown);
  } catch {
    return undefined;
  }
}
