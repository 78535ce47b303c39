import { ConfigError, type Given } from './config-error.ts';
import { readConfigFile } from './config-file.ts';
import { environmentName, nearest, SETTING_NAMES, unknownSetting } from './setting-names.ts';

/** What a command line says of settings. */
export interface ConfigFlags {
  /** By the key of the setting: what `--data-dir` gave is `data.dir`. */
  readonly own: Readonly<Record<string, string | undefined>>;
  /** What `--set` gave, each `key=value`. */
  readonly set: readonly string[];
  readonly config: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'HEXLOG_';
const CONFIG = 'HEXLOG_CONFIG';
/** Variables that are not for the broker: this one is read by the commands that are clients. */
const NOT_SETTINGS = new Set([CONFIG, 'HEXLOG_BOOTSTRAP']);
/** What Kubernetes sets in every container beside a Service named hexlog; HEXLOG_PORT is then an address, not a port. */
const SERVICE_LINK = /^HEXLOG_(SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP))/;
const SERVICE_ADDRESS = /^(tcp|udp):\/\//;

/** Everything that was given, the strongest last: file, environment, `--set`, flags of their own. */
export function givenSettings(flags: ConfigFlags, env: Environment): Given[] {
  return [
    ...fromFile(flags.config, env),
    ...fromEnvironment(env),
    ...flags.set.map(fromSet),
    ...fromFlags(flags.own),
  ];
}

function fromFile(flag: string | undefined, env: Environment): Given[] {
  if (flag !== undefined) return readConfigFile(flag, 'flag --config');
  const path = env[CONFIG];
  return path === undefined || path === '' ? [] : readConfigFile(path, `environment ${CONFIG}`);
}

function fromEnvironment(env: Environment): Given[] {
  const keys = new Map(SETTING_NAMES.map(key => [environmentName(key), key]));
  const given: Given[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || !name.startsWith(PREFIX) || NOT_SETTINGS.has(name)) continue;
    if (SERVICE_LINK.test(name) || SERVICE_ADDRESS.test(text)) continue;
    const key = keys.get(name);
    if (key === undefined) throw unknownVariable(name, text, [...keys.keys()]);
    given.push({ key, text, origin: `environment ${name}` });
  }
  return given;
}

function unknownVariable(name: string, text: string, names: readonly string[]): ConfigError {
  const meant = nearest(name, names);
  const hint = meant === null ? '' : `did you mean ${meant}? `;
  return new ConfigError(
    `${name} = ${JSON.stringify(text)} (environment) is no setting: ${hint}` +
      `allowed are the settings that "hexlog serve --help" lists, as in ${environmentName('num.partitions')}`,
  );
}

function fromSet(pair: string): Given {
  const at = pair.indexOf('=');
  const origin = 'flag --set';
  if (at > 0) return { key: pair.slice(0, at).trim(), text: pair.slice(at + 1), origin };
  throw new ConfigError(
    `${JSON.stringify(pair)} (${origin}) is wrong: allowed is key=value, as in num.partitions=3`,
  );
}

function fromFlags(own: ConfigFlags['own']): Given[] {
  return Object.entries(own).flatMap(([key, text]) =>
    text === undefined ? [] : [{ key, text, origin: `flag --${key.replaceAll('.', '-')}` }],
  );
}

/** Throws for the first name that is no setting. */
export function refuseUnknown(given: readonly Given[]): void {
  for (const { key, text, origin } of given) {
    if (!SETTING_NAMES.includes(key)) throw unknownSetting(key, text, origin);
  }
}
