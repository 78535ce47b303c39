import { Emission, type Source } from './emission.ts';
import {
  bytesMin,
  isNullable,
  isPresenceVarint,
  isPresent,
  objectsOf,
  type Edition,
  type Field,
  type Fields,
} from './field.ts';

/** The source of `read(r)`: one statement per field, one object literal per struct, no call but those of the WireReader. */
export function readerSource(fields: Fields, edition: Edition): Source {
  const emission = new Emission(edition);
  const body = readStruct(emission, fields, 'value');
  return { code: `function read(r) {\n${body}return value;\n}`, constants: emission.constants };
}

interface Slot {
  readonly name: string;
  readonly field: Field;
  readonly at: string;
}

function readStruct(emission: Emission, fields: Fields, target: string): string {
  const { edition } = emission;
  const slots = Object.entries(fields).map(([name, field]) => ({
    name,
    field,
    at: emission.local(),
  }));
  const sent = slots.filter(({ field }) => isPresent(field, edition));
  const plain = sent.filter(({ field }) => field.traits.tag < 0);
  const tagged = sent.filter(({ field }) => field.traits.tag >= 0);
  const others = slots.filter(slot => !plain.includes(slot));
  return [
    ...plain.map(({ field, at }) => readValue(emission, field, at)),
    ...others.map(({ field, at }) => `let ${at} = ${emission.constant(field.traits.fallback)};\n`),
    edition.flexible ? readTags(emission, tagged) : '',
    `const ${target} = { ${slots.map(({ name, at }) => `${name}: ${at}`).join(', ')} };\n`,
  ].join('');
}

function readTags(emission: Emission, tagged: readonly Slot[]): string {
  if (tagged.length === 0) return 'r.skipTags();\n';
  const count = emission.local();
  const tag = emission.local();
  const end = emission.local();
  const cases = tagged.map(({ field, at }) => {
    const value = emission.local();
    const body = readValue(emission, field, value);
    return `case ${field.traits.tag}: {\n${body}${at} = ${value};\nr.expectEnd(${end});\nbreak;\n}\n`;
  });
  return `for (let ${count} = r.tagCount(), ${tag} = -1; ${count} > 0; ${count}--) {
${tag} = r.nextTag(${tag});
const ${end} = r.tagEnd();
switch (${tag}) {\n${cases.join('')}default: r.skipTo(${end});\n}\n}\n`;
}

function readValue(emission: Emission, field: Field, target: string): string {
  const { wire } = field.traits;
  switch (wire.kind) {
    case 'fixed':
      return `const ${target} = r.${wire.name}();\n`;
    case 'prefixed':
      return `const ${target} = r.${emission.method(field, wire.name)}();\n`;
    case 'struct':
      return readNested(emission, { field, fields: wire.fields, target });
    case 'array':
      return readArray(emission, { field, of: wire.of, target });
  }
}

function readNested(
  emission: Emission,
  { field, fields, target }: { field: Field; fields: Fields; target: string },
): string {
  if (!isNullable(field, emission.edition)) return readStruct(emission, fields, target);
  const value = emission.local();
  const body = readStruct(emission, fields, value);
  const isGiven = isPresenceVarint(field) ? 'r.uvarint() > 0' : 'r.int8() >= 0';
  return `let ${target} = null;\nif (${isGiven}) {\n${body}${target} = ${value};\n}\n`;
}

function readArray(
  emission: Emission,
  { field, of, target }: { field: Field; of: Field; target: string },
): string {
  const { edition } = emission;
  const count = emission.local();
  const index = emission.local();
  const value = emission.local();
  const least = bytesMin(of, edition);
  if (least === 0) throw new Error('elements of no bytes could be any number');
  const objects = Math.max(1, objectsOf(of, edition));
  const length = `r.${emission.method(field, 'arrayLength')}(${least}, ${objects})`;
  const empty = isNullable(field, edition) ? `${count} < 0 ? null : []` : '[]';
  return `const ${count} = ${length};\nconst ${target} = ${empty};
for (let ${index} = 0; ${index} < ${count}; ${index}++) {
${readValue(emission, of, value)}${target}.push(${value});\n}\n`;
}
