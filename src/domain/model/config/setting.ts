import { BrokerError } from '../error.ts';

export type SettingType = 'boolean' | 'int' | 'long' | 'double' | 'list' | 'string';
export type SettingValue = boolean | number | string | readonly string[];

/** One setting as data: its type, its default as text (null: none of its own), what it allows, and what it means. */
export interface Setting {
  readonly type: SettingType;
  readonly initial: string | null;
  readonly min?: number;
  readonly max?: number;
  readonly oneOf?: readonly string[];
  /** A rule that bounds and lists cannot say: the reason for a refusal, or null. */
  readonly refuses?: (value: SettingValue) => string | null;
  readonly documentation: string;
}

/** The type that a setting's text is parsed to; a list of allowed words becomes their union. */
export type ValueOf<S extends Setting> = S['type'] extends 'boolean'
  ? boolean
  : S['type'] extends 'int' | 'long' | 'double'
    ? number
    : S extends { oneOf: readonly (infer Word)[] }
      ? S['type'] extends 'list'
        ? readonly Word[]
        : Word
      : S['type'] extends 'list'
        ? readonly string[]
        : string;

const INTEGER = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const INTEGER_BITS = { int: 32, long: 64 };

function invalid(name: string, text: string, reason: string): BrokerError {
  const message = `Invalid value ${text} for configuration ${name}: ${reason}`;
  return new BrokerError('INVALID_CONFIG', message);
}

function parseInteger(type: 'int' | 'long', text: string): bigint | null {
  if (!INTEGER.test(text)) return null;
  const value = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(INTEGER_BITS[type], value) === value ? value : null;
}

/** A long beyond the safe integers stands for "no bound": it is taken as the largest exact number. */
function saturated(value: bigint): number {
  const number = Number(value);
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, number));
}

function parseBoolean(text: string): boolean | null {
  const word = text.toLowerCase();
  return word === 'true' ? true : word === 'false' ? false : null;
}

const listOf = (text: string): string[] => (text === '' ? [] : text.split(/\s*,\s*/));

function parseType(type: SettingType, text: string): SettingValue | null {
  switch (type) {
    case 'boolean':
      return parseBoolean(text);
    case 'int':
    case 'long': {
      const value = parseInteger(type, text);
      return value === null ? null : saturated(value);
    }
    case 'double':
      return DECIMAL.test(text) ? Number(text) : null;
    case 'list':
      return listOf(text);
    case 'string':
      return text;
  }
}

function typeProblem(type: SettingType): string {
  if (type === 'boolean') return 'Expected value to be either true or false';
  return `Not a number of type ${type.toUpperCase()}`;
}

function outOfBounds(setting: Setting, value: number): string | null {
  const { min, max } = setting;
  if (min !== undefined && value < min) return `Value must be at least ${min}`;
  if (max !== undefined && value > max) return `Value must be no more than ${max}`;
  return null;
}

function refusal(setting: Setting, value: SettingValue): string | null {
  if (typeof value === 'number') {
    const reason = outOfBounds(setting, value);
    if (reason !== null) return reason;
  }
  const allowed = setting.oneOf;
  const words = typeof value === 'string' ? [value] : Array.isArray(value) ? value : [];
  if (allowed && !words.every(word => allowed.includes(word as string))) {
    return `String must be one of: ${allowed.join(', ')}`;
  }
  return setting.refuses?.(value) ?? null;
}

/**
 * The typed value of a setting's text; throws INVALID_CONFIG with Kafka's message (ConfigDef.parseType and its validators).
 * Longs beyond the safe integers saturate.
 */
export function parseSetting(name: string, setting: Setting, text: string): SettingValue {
  const value = parseType(setting.type, text.trim());
  if (value === null) throw invalid(name, text, typeProblem(setting.type));
  const reason = refusal(setting, value);
  if (reason !== null) throw invalid(name, text, reason);
  return value;
}

/** A valid text as Kafka shows it: trimmed, numbers and booleans in their plain form (ConfigDef.convertToString). */
export function canonicalText(setting: Setting, text: string): string {
  const trimmed = text.trim();
  switch (setting.type) {
    case 'boolean':
      return trimmed.toLowerCase();
    case 'int':
    case 'long':
      return BigInt(trimmed.replace(/^\+/, '')).toString();
    case 'double': {
      const value = Number(trimmed);
      return Number.isInteger(value) ? value.toFixed(1) : String(value);
    }
    case 'list':
      return listOf(trimmed).join(',');
    case 'string':
      return trimmed;
  }
}
