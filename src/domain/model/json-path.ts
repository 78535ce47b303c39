import { BrokerError } from './error.ts';

/** A name of an object's member, or an index of an array's element; below 0 it counts from the end. */
type Step = string | number;

const LENGTH_MAX = 1000;
/** `.name`, `["name"]`, `['name']` or `[3]`. */
const STEP = /\.([^\s.[\]"'*]+)|\[(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(-?\d{1,15}))\]/uy;

/**
 * A place in a JSON document, as `$.a.b[0]` or `$["a b"]`: the part of JSONPath (RFC 9535) that names one value, without
 * wildcards, slices or filters.
 */
export class JsonPath {
  readonly #steps: readonly Step[];

  private constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  /** Throws INVALID_REQUEST for what is no such path. */
  static parse(text: string): JsonPath {
    const isPath = text.startsWith('$') && text.length <= LENGTH_MAX;
    const steps = isPath ? stepsIn(text) : null;
    if (steps !== null) return new JsonPath(steps);
    const shown = JSON.stringify(text.slice(0, 100));
    throw new BrokerError('INVALID_REQUEST', `${shown} is no JSON path such as $.a.b[0]`);
  }

  /** What is there; undefined where there is nothing. */
  find(document: unknown): unknown {
    let value = document;
    for (const step of this.#steps) {
      value = Array.isArray(value) ? elementOf(value, step) : memberOf(value, step);
      if (value === undefined) return undefined;
    }
    return value;
  }
}

function stepsIn(text: string): Step[] | null {
  const steps: Step[] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < text.length) {
    const found = STEP.exec(text);
    if (found === null) return null;
    const [, plain, double, single, index] = found;
    steps.push(index === undefined ? (plain ?? unescaped(double ?? single!)) : Number(index));
  }
  return steps;
}

function unescaped(quoted: string): string {
  return quoted.replaceAll(/\\(.)/gsu, '$1');
}

function elementOf(value: readonly unknown[], step: Step): unknown {
  return typeof step === 'number' ? value.at(step) : undefined;
}

/** An object's own members alone, or every object would have a constructor. */
function memberOf(value: unknown, step: Step): unknown {
  if (typeof value !== 'object' || value === null || typeof step !== 'string') return undefined;
  return Object.hasOwn(value, step) ? (value as Record<string, unknown>)[step] : undefined;
}
