import { z } from 'zod';
import { LOG_LEVELS } from '../../adapters/observability/pino-logger.ts';
import {
  HTTP_MAX_BODY_BYTES,
  STORAGE_ENGINES,
  type BrokerOptions,
  type EngineOptions,
} from '../broker-options.ts';

const INT_MAX = 2_147_483_647;

function integer(min: number, max: number) {
  const number = z.number().min(min).max(max);
  const text = z.string().regex(/^\d+$/).transform(Number).pipe(number);
  return text.describe(`an integer from ${min} to ${max}`);
}

function oneOf<const W extends readonly string[]>(words: W) {
  return z.enum(words).describe(`one of ${words.join(', ')}`);
}

/** A port, or the word that closes it: null. */
function portOrOff() {
  const off = z.literal('off').transform(() => null);
  return z.union([off, integer(0, 65_535)]).describe('off, or an integer from 0 to 65535');
}

/** As a client says them, so without a port. */
function hostList() {
  const hosts = /^[^\s,:/]+(\s*,\s*[^\s,:/]+)*$/;
  return z.string().trim().regex(hosts).describe('host names with commas between, or *');
}

const name = z.string().regex(/^\S+$/);

/** The settings that are Hexlog's own, read from text; a schema's description says what is allowed. */
export const OWN_SETTINGS = {
  storage: oneOf(STORAGE_ENGINES),
  'data.dir': z.string().min(1).describe('a path'),
  'memory.max.bytes': integer(1, Number.MAX_SAFE_INTEGER),
  'memory.partition.max.bytes': integer(1, Number.MAX_SAFE_INTEGER),
  'memory.partition.max.records': integer(1, Number.MAX_SAFE_INTEGER),
  host: name.describe('a host name or an address'),
  port: integer(0, 65_535),
  'http.host': name.describe('a host name or an address'),
  'http.port': portOrOff(),
  'http.allowed.hosts': hostList(),
  'text.port': portOrOff(),
  'http.max.body.bytes': integer(1, 1024 ** 3),
  'metrics.max.series': integer(0, 10_000_000),
  'advertised.host': name.describe('a host name or an address'),
  'advertised.port': integer(1, 65_535),
  'broker.id': integer(0, INT_MAX),
  'log.level': oneOf(LOG_LEVELS),
};

export type OwnSettingName = keyof typeof OWN_SETTINGS;
export type OwnSettings = {
  readonly [N in OwnSettingName]: z.infer<(typeof OWN_SETTINGS)[N]>;
};

export const OWN_SETTING_NAMES = Object.keys(OWN_SETTINGS) as readonly OwnSettingName[];

export function isOwnSetting(key: string): key is OwnSettingName {
  return Object.hasOwn(OWN_SETTINGS, key);
}

/** The options of a broker from what was given; everything else as `hexlog serve` has it. */
export function serveOptions(
  own: Partial<OwnSettings>,
  settings: BrokerOptions['settings'],
): EngineOptions {
  return {
    storage: own.storage ?? 'segment-files',
    dataDir: own['data.dir'] ?? './data',
    host: own.host ?? '127.0.0.1',
    port: own.port ?? 9092,
    ...httpOptions(own),
    textPort: own['text.port'] ?? null,
    advertisedHost: own['advertised.host'] ?? null,
    advertisedPort: own['advertised.port'] ?? null,
    brokerId: own['broker.id'] ?? 1,
    logLevel: own['log.level'] ?? 'info',
    settings,
    ...memoryOptions(own),
  };
}

/** Only what was given: an engine has defaults of its own. */
function memoryOptions(own: Partial<OwnSettings>): Pick<BrokerOptions, 'memory'> {
  const limits = {
    maxBytes: own['memory.max.bytes'],
    maxPartitionBytes: own['memory.partition.max.bytes'],
    maxPartitionRecords: own['memory.partition.max.records'],
  };
  const given = Object.entries(limits).filter(([, limit]) => limit !== undefined);
  return given.length === 0 ? {} : { memory: Object.fromEntries(given) };
}

function httpOptions(own: Partial<OwnSettings>) {
  const { 'http.port': httpPort = 8080, 'metrics.max.series': metricsMaxSeries } = own;
  const hosts = own['http.allowed.hosts']?.split(/\s*,\s*/);
  return {
    httpHost: own['http.host'] ?? '127.0.0.1',
    httpPort,
    httpMaxBodyBytes: own['http.max.body.bytes'] ?? HTTP_MAX_BODY_BYTES,
    ...(hosts === undefined ? {} : { httpAllowedHosts: hosts }),
    ...(metricsMaxSeries === undefined ? {} : { metricsMaxSeries }),
  };
}
