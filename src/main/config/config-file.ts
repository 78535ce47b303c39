import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { ConfigError, type Given } from './config-error.ts';

/**
 * The settings of a YAML file. Nested maps are flattened with dots, so that `log: { level: warn }` is `log.level: warn`; a
 * list is a list setting. Throws ConfigError for a file that cannot be read or is no map of settings.
 */
export function readConfigFile(path: string, origin: string): Given[] {
  const file = `file ${path}`;
  const given = flatten('', parseYaml(readText(path, origin), file), file);
  const keys = new Set<string>();
  for (const { key } of given) {
    if (keys.has(key)) throw new ConfigError(`${key} is given twice (${file}): allowed is once`);
    keys.add(key);
  }
  return given;
}

function readText(path: string, origin: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      `config = ${JSON.stringify(path)} (${origin}) cannot be read (${code}): allowed is the path of a YAML file`,
    );
  }
}

/** Integers stay exact, for Kafka writes "no bound" as 9223372036854775807. */
function parseYaml(text: string, file: string): unknown {
  const document = parseDocument(text, { intAsBigInt: true });
  const error = document.errors[0];
  if (error === undefined) return document.toJS() ?? {};
  const reason = error.message.split('\n')[0]!.replace(/:$/, '');
  throw new ConfigError(`${file} is not valid YAML: ${reason}`);
}

function flatten(key: string, value: unknown, file: string): Given[] {
  if (isMap(value)) {
    return Object.entries(value).flatMap(([name, inner]) =>
      flatten(key === '' ? name : `${key}.${name}`, inner, file),
    );
  }
  if (key === '') throw new ConfigError(`${file} is wrong: allowed is a map of settings`);
  return [{ key, text: textOf(key, value, file), origin: file }];
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(key: string, value: unknown, file: string): string {
  if (Array.isArray(value) && value.every(isScalar)) return value.map(String).join(',');
  if (isScalar(value)) return String(value);
  const shown = value === null ? 'null' : 'a list of lists or maps';
  throw new ConfigError(
    `${key} = ${shown} (${file}) is wrong: allowed is a value or a list of values`,
  );
}

function isScalar(value: unknown): value is string | number | bigint | boolean {
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}
