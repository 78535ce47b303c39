import { Emission, type Source } from './emission.ts';
import {
  isNullable,
  isPresenceVarint,
  isPresent,
  Optional,
  type Edition,
  type Field,
  type Fields,
} from './field.ts';

/** The source of `write(w, value)`. A value that its version cannot carry is thrown back as an Error, a mistake of the caller. */
export function writerSource(fields: Fields, edition: Edition): Source {
  const emission = new Emission(edition);
  const body = writeStruct(emission, fields, 'value');
  return { code: `function write(w, value) {\n${body}}`, constants: emission.constants };
}

interface Slot {
  readonly name: string;
  readonly field: Field;
  /** The variable that holds the value, fallback included. */
  readonly at: string;
}

function writeStruct(emission: Emission, fields: Fields, source: string): string {
  const { edition } = emission;
  const slots = Object.entries(fields).map(([name, field]) => ({
    name,
    field,
    at: emission.local(),
  }));
  const sent = slots.filter(({ field }) => isPresent(field, edition));
  const lost = slots.filter(({ field }) => !isPresent(field, edition) && !field.traits.ignorable);
  return [
    ...[...sent, ...lost].map(({ name, field, at }) =>
      take(emission, field, `${source}.${name}`, at),
    ),
    ...lost.map(slot => refuseLoss(emission, slot)),
    ...sent.map(slot => refuseNull(emission, slot)),
    ...sent
      .filter(({ field }) => field.traits.tag < 0)
      .map(({ field, at }) => writeValue(emission, field, at)),
    edition.flexible ? writeTags(emission, sent) : '',
  ].join('');
}

function take(emission: Emission, field: Field, from: string, at: string): string {
  if (!(field instanceof Optional)) return `const ${at} = ${from};\n`;
  const fallback = emission.constant(field.traits.fallback);
  return `const ${at} = ${from} === undefined ? ${fallback} : ${from};\n`;
}

/** Kafka's rule: a value that would be lost must be the default, unless the field is ignorable. */
function refuseLoss(emission: Emission, { name, field, at }: Slot): string {
  const reason = `${name} is not in version ${emission.edition.version}`;
  return `if (${differs(emission, field, at)}) throw new Error(${JSON.stringify(reason)});\n`;
}

function refuseNull({ edition }: Emission, { name, field, at }: Slot): string {
  if (isNullable(field, edition) || field.traits.nullableFrom === Infinity) return '';
  const reason = `${name} cannot be null in version ${edition.version}`;
  return `if (${at} === null) throw new Error(${JSON.stringify(reason)});\n`;
}

function writeTags(emission: Emission, sent: readonly Slot[]): string {
  const tagged = sent
    .filter(({ field }) => field.traits.tag >= 0)
    .sort((a, b) => a.field.traits.tag - b.field.traits.tag)
    .map(slot => ({ ...slot, given: emission.local() }));
  if (tagged.length === 0) return 'w.uvarint(0);\n';
  const count = tagged.map(({ given }) => `(${given} ? 1 : 0)`).join(' + ');
  return [
    ...tagged.map(({ field, at, given }) => `const ${given} = ${differs(emission, field, at)};\n`),
    `w.uvarint(${count});\n`,
    ...tagged.map(({ field, at, given }) => {
      const start = emission.local();
      const body = writeValue(emission, field, at);
      return `if (${given}) {\nconst ${start} = w.beginTag(${field.traits.tag});\n${body}w.endTag(${start});\n}\n`;
    }),
  ].join('');
}

/** An expression: whether a value is another than the field's fallback. Arrays and structs compare by content, as in Kafka. */
function differs(emission: Emission, { traits }: Field, at: string): string {
  const { wire, fallback, nullableFrom } = traits;
  if (fallback === null) return `${at} !== null`;
  const orNull = nullableFrom === Infinity ? '' : `${at} === null || `;
  const hasLength = wire.kind === 'array' || (wire.kind === 'prefixed' && wire.name === 'bytes');
  if (hasLength) return `(${orNull}${at}.length !== 0)`;
  if (wire.kind !== 'struct') return `${at} !== ${emission.constant(fallback)}`;
  const parts = Object.entries(wire.fields).map(([name, field]) => {
    const differing = differs(emission, field, `${at}.${name}`);
    return field instanceof Optional ? `(${at}.${name} !== undefined && ${differing})` : differing;
  });
  return `(${orNull}${parts.join(' || ')})`;
}

function writeValue(emission: Emission, field: Field, source: string): string {
  const { wire } = field.traits;
  switch (wire.kind) {
    case 'fixed':
      return `w.${wire.name}(${source});\n`;
    case 'prefixed':
      return `w.${emission.method(field, wire.name)}(${source});\n`;
    case 'struct': {
      const body = writeStruct(emission, wire.fields, source);
      if (!isNullable(field, emission.edition)) return `{\n${body}}\n`;
      const [absent, present] = isPresenceVarint(field)
        ? ['w.uvarint(0)', 'w.uvarint(1)']
        : ['w.int8(-1)', 'w.int8(1)'];
      return `if (${source} === null) ${absent};\nelse {\n${present};\n${body}}\n`;
    }
    case 'array':
      return writeArray(emission, field, { of: wire.of, source });
  }
}

function writeArray(
  emission: Emission,
  field: Field,
  { of, source }: { of: Field; source: string },
): string {
  const { edition } = emission;
  const item = emission.local();
  const length = edition.flexible ? 'w.compactArrayLength' : 'w.arrayLength';
  const body = `{\n${length}(${source}.length);
for (const ${item} of ${source}) {\n${writeValue(emission, of, item)}}\n}\n`;
  return isNullable(field, edition) ? `if (${source} === null) ${length}(-1);\nelse ${body}` : body;
}
