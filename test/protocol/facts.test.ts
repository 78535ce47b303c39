import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { APIS } from '../../src/adapters/transport/kafka/messages/apis.ts';
import type { Field, Fields } from '../../src/adapters/transport/kafka/wire/field.ts';
import { definitionOf, overlap, type FieldDefinition, type Range } from './support/definitions.ts';
import { RECORD_TYPES } from '../../src/adapters/transport/kafka/records/kafka-group-records.ts';
import { everything, messages, records } from './support/editions.ts';

/** What can be said of a field in the versions that are served. */
interface Facts {
  readonly path: string;
  readonly type: string;
  readonly versions: Range | null;
  readonly nullable: Range | null;
  readonly tag: number;
  readonly ignorable: boolean;
  readonly fallback: unknown;
}

function theirs(fields: readonly FieldDefinition[], within: Range, parent = ''): Facts[] {
  return fields.flatMap(({ name, type, tag, ignorable, fallback, ...field }) => {
    const path = `${parent}${name}`;
    const versions = overlap(field.versions, within);
    const nullable = versions && field.nullable && overlap(field.nullable, versions);
    const kind = field.fields === null ? type : type.startsWith('[]') ? '[]struct' : 'struct';
    if (tag >= 0) expect(field.tagged, `${path}: always tagged`).toEqual(field.versions);
    const facts = { path, type: kind, versions, nullable, tag, ignorable, fallback };
    return [facts, ...theirs(field.fields ?? [], versions ?? within, `${path}.`)];
  });
}

function ours(fields: Fields, within: Range, parent = ''): Facts[] {
  return Object.entries(fields).flatMap(([name, { traits }]) => {
    const { wire, tag, ignorable, fallback, from, to, nullableFrom } = traits;
    const path = `${parent}${name}`;
    const versions = overlap({ from, to }, within);
    const nullable = versions && overlap({ from: nullableFrom, to: Infinity }, versions);
    const facts = { path, type: typeOf(traits), versions, nullable, tag, ignorable, fallback };
    const element = wire.kind === 'array' ? wire.of.traits.wire : wire;
    const inner = element.kind === 'struct' ? element.fields : {};
    return [facts, ...ours(inner, versions ?? within, `${path}.`)];
  });
}

function typeOf({ wire }: Field['traits']): string {
  if (wire.kind === 'array') return `[]${typeOf(wire.of.traits)}`;
  if (wire.kind === 'struct') return 'struct';
  return wire.name === 'saturatingInt64' ? 'int64' : wire.name;
}

let compared = 0;

describe("Kafka's own definitions", () => {
  test.each(everything)('$message.name', ({ message, definition }) => {
    const served = { from: message.minVersion, to: message.maxVersion };
    const expected = theirs(definition.fields, served);
    expect(ours(message.fields, served)).toEqual(expected);
    expect(message.isFlexible(definition.flexibleFrom)).toBe(true);
    expect(message.isFlexible(definition.flexibleFrom - 1)).toBe(false);
    compared += expected.length;
  });

  test('cover every field of every message', () => {
    console.info(`${compared} fields of ${everything.length} messages agree with Kafka 4.4`);
    expect([messages.length, records.length]).toEqual([62, 20]);
    expect(compared).toBeGreaterThan(600);
  });

  test.each(APIS)('$name: key, name and versions', ({ key, name, request, response }) => {
    for (const message of [request, response]) {
      const { apiKey, versions } = definitionOf(message.name);
      expect(apiKey).toBe(key);
      expect(message.minVersion).toBe(versions.from);
      // Kafka calls InitProducerId v6 unstable: brokers do not serve it.
      expect(message.maxVersion).toBe(name === 'InitProducerId' ? 5 : versions.to);
    }
    expect([request.name, response.name]).toEqual([`${name}Request`, `${name}Response`]);
  });

  test.each(RECORD_TYPES)('record type $id', ({ id, key, value }) => {
    for (const message of [key, value]) {
      const { apiKey, versions } = definitionOf(message.name);
      expect(apiKey).toBe(id);
      expect({ from: message.minVersion, to: message.maxVersion }).toEqual(versions);
    }
    expect(value.name).toBe(key.name.replace(/Key$/, 'Value'));
  });

  test('no message file is left out', () => {
    const folder = new URL('../../src/adapters/transport/kafka/messages/', import.meta.url);
    const files = readdirSync(folder).filter(file => !['apis.ts', 'error-codes.ts'].includes(file));
    const kebab = (name: string): string =>
      name.replace(/(?<!^)[A-Z]/g, '-$&').toLowerCase() + '.ts';
    expect(APIS.map(({ name }) => kebab(name)).sort()).toEqual(files.sort());
  });
});
