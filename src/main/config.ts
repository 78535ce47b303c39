import { BrokerConfig, brokerSetting } from '../domain/model/cluster/broker-config.ts';
import { parseSetting, type Setting } from '../domain/model/config/setting.ts';
import { BrokerError } from '../domain/model/error.ts';
import type { EngineOptions } from './broker-options.ts';
import { ConfigError, notAllowed, type Given } from './config/config-error.ts';
import {
  givenSettings,
  refuseUnknown,
  type ConfigFlags,
  type Environment,
} from './config/config-sources.ts';
import {
  isOwnSetting,
  OWN_SETTINGS,
  serveOptions,
  type OwnSettings,
} from './config/own-settings.ts';

/**
 * The options of `hexlog serve` from flags, the environment (`HEXLOG_...`) and a YAML file, in that order of precedence, over the
 * defaults. Throws ConfigError, with one line for people, for whatever is wrong in any of them, overridden or not.
 */
export function loadConfig(flags: ConfigFlags, env: Environment): EngineOptions {
  const given = givenSettings(flags, env);
  refuseUnknown(given);
  const own: Record<string, string | number | null> = {};
  const settings: Record<string, string> = {};
  for (const one of given) {
    if (isOwnSetting(one.key)) own[one.key] = ownValue(one.key, one);
    else settings[one.key] = brokerText(one);
  }
  refuseConflicts(settings);
  return serveOptions(own, settings);
}

function ownValue(key: keyof OwnSettings, given: Given): string | number | null {
  const schema = OWN_SETTINGS[key];
  const read = schema.safeParse(given.text);
  if (read.success) return read.data;
  throw notAllowed(given, schema.description!);
}

function brokerText(given: Given): string {
  const setting = brokerSetting(given.key);
  try {
    parseSetting(given.key, setting, given.text);
    return given.text;
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    throw notAllowed(given, setting.refuses ? reasonIn(error) : allowedBy(setting));
  }
}

/** A rule that is no range explains itself. */
function reasonIn({ message }: BrokerError): string {
  return message.slice(message.indexOf(': ') + 2).replace(/^Value must be /, 'a value ');
}

const RANGES = {
  int: [-2_147_483_648, 2_147_483_647],
  long: ['-9223372036854775808', '9223372036854775807'],
  double: ['any', 'any'],
} as const;

/** What a setting takes, in words. */
function allowedBy(setting: Setting): string {
  const { type, oneOf, min, max } = setting;
  if (oneOf !== undefined) return `${type === 'list' ? 'a list of' : 'one of'} ${oneOf.join(', ')}`;
  if (type === 'boolean') return 'true or false';
  if (type === 'list') return 'a list with commas';
  if (type === 'string') return 'another text';
  const [least, most] = RANGES[type];
  const kind = type === 'double' ? 'a number' : 'an integer';
  return `${kind} from ${min ?? least} to ${max ?? most}`;
}

/** Settings that are right by themselves and do not go together. */
function refuseConflicts(settings: Readonly<Record<string, string>>): void {
  try {
    new BrokerConfig(new Map(Object.entries(settings)));
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    throw new ConfigError(`settings do not go together: ${error.message}`);
  }
}
