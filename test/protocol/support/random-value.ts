import { includes, type FieldDefinition } from './definitions.ts';
import type { SeededRandom } from './seeded-random.ts';

const TEXTS = ['', 'a', 'orders', 'größe', '日本語のトピック', '\ufffd', '🦔', 'x'.repeat(200)];

/** A value for people, in one line. */
export function shown(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'bigint' ? `${inner}n` : inner,
  );
}

/** A value of a message in a version: defaults where the version has no such field, anything allowed elsewhere. */
export function randomValue(
  random: SeededRandom,
  fields: readonly FieldDefinition[],
  version: number,
): Record<string, unknown> {
  const valueOf = (field: FieldDefinition): unknown => {
    if (!includes(field.versions, version)) return field.fallback;
    if (field.tag >= 0 && random.chance(0.3)) return field.fallback;
    if (includes(field.nullable, version) && random.chance(0.2)) return null;
    if (!field.type.startsWith('[]')) return scalar(random, field, version);
    const element = { ...field, type: field.type.slice(2) };
    const length = random.chance(0.05) ? 130 : random.integer(0, 3);
    const count = field.fields === null ? length : Math.min(length, 3);
    return Array.from({ length: count }, () => scalar(random, element, version));
  };
  return Object.fromEntries(fields.map(field => [field.name, valueOf(field)]));
}

function scalar(random: SeededRandom, field: FieldDefinition, version: number): unknown {
  if (field.fields !== null) return randomValue(random, field.fields, version);
  switch (field.type) {
    case 'bool':
      return random.chance(0.5);
    case 'int8':
      return random.pick([-128, -1, 0, 1, 127, random.integer(-128, 127)]);
    case 'int16':
      return random.pick([-32768, -1, 0, 32767, random.integer(-32768, 32767)]);
    case 'int32':
      return random.pick([-(2 ** 31), -1, 0, 2 ** 31 - 1, random.integer(-(2 ** 31), 2 ** 31 - 1)]);
    case 'int64':
      return random.pick([-1, 0, -(2 ** 53) + 2, 2 ** 53 - 2, random.integer(-(2 ** 40), 2 ** 50)]);
    case 'bigint64':
      return random.pick([0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), random.bytes(8).readBigInt64BE()]);
    case 'uuid':
      return random.bytes(16).toString('base64url');
    case 'string':
      return random.pick(TEXTS);
    case 'bytes':
    case 'records':
      return random.bytes(random.pick([0, 61, 100, 126, 127, 128, 2500]));
    default:
      throw new Error(`no random value for ${field.type}`);
  }
}
