import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/main/config.ts';
import { ConfigError } from '../../src/main/config/config-error.ts';
import type { ConfigFlags, Environment } from '../../src/main/config/config-sources.ts';
import { environmentName, SETTING_NAMES } from '../../src/main/config/setting-names.ts';

const directory = mkdtempSync(join(tmpdir(), 'hexlog-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

const EXAMPLE = fileURLToPath(new URL('../../hexlog.example.yaml', import.meta.url));
const FILE = join(directory, 'hexlog.yaml');

interface Said {
  readonly own?: ConfigFlags['own'];
  readonly set?: readonly string[];
  readonly env?: Environment;
  readonly yaml?: string;
}

function load({ own = {}, set = [], env = {}, yaml }: Said) {
  if (yaml !== undefined) writeFileSync(FILE, yaml);
  return loadConfig({ own, set, config: yaml === undefined ? undefined : FILE }, env);
}

function refusal(said: Said): string {
  try {
    load(said);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(FILE, 'FILE');
    throw error;
  }
  return 'nothing was refused';
}

describe('the options of serve', () => {
  test('have defaults', () => {
    expect(load({})).toEqual({
      storage: 'segment-files',
      dataDir: './data',
      host: '127.0.0.1',
      port: 9092,
      httpPort: 8080,
      textPort: null,
      httpHost: '127.0.0.1',
      httpMaxBodyBytes: 16_777_216,
      advertisedHost: null,
      advertisedPort: null,
      brokerId: 1,
      logLevel: 'info',
      settings: {},
    });
  });

  test('are weakest in the file, then the environment, then --set, then flags of their own', () => {
    const yaml = 'port: 1\nhost: file\nnum.partitions: 1\nbroker.id: 7\n';
    const env = { HEXLOG_PORT: '2', HEXLOG_HOST: 'env', HEXLOG_NUM_PARTITIONS: '2' };
    const set = ['port=3', 'num.partitions=3'];
    expect(load({ yaml })).toMatchObject({ port: 1, host: 'file', brokerId: 7 });
    expect(load({ yaml, env })).toMatchObject({ port: 2, host: 'env', brokerId: 7 });
    expect(load({ yaml, env, set })).toMatchObject({ port: 3, host: 'env', brokerId: 7 });
    expect(load({ yaml, env, set, own: { port: '4' } })).toEqual({
      ...load({}),
      ...{ port: 4, host: 'env', brokerId: 7, settings: { 'num.partitions': '3' } },
    });
  });

  test('name the hosts that HTTP answers to', () => {
    expect(load({ set: ['http.allowed.hosts=a.example , b'] })).toMatchObject({
      httpAllowedHosts: ['a.example', 'b'],
    });
    expect(load({ yaml: 'http.allowed.hosts: [a, "*"]' })).toMatchObject({
      httpAllowedHosts: ['a', '*'],
    });
    expect(refusal({ set: ['http.allowed.hosts=http://a:80'] })).toContain('host names');
  });

  test('bound the engine memory where that is asked for', () => {
    const set = ['memory.partition.max.bytes=1000', 'memory.partition.max.records=7'];
    expect(load({ set })).toEqual({
      ...load({}),
      memory: { maxPartitionBytes: 1000, maxPartitionRecords: 7 },
    });
    expect(load({ yaml: 'memory: { max.bytes: 5000000 }' })).toMatchObject({
      memory: { maxBytes: 5_000_000 },
    });
    expect(refusal({ set: ['memory.max.bytes=0'] })).toContain('memory.max.bytes');
  });

  test('can be nested in the file, with lists and integers that stay exact', () => {
    const yaml = [
      'log: { level: warn, cleanup.policy: [compact, delete] }',
      'log.flush.interval.messages: 9223372036854775807',
      'advertised: { host: example.com, port: 19092 }',
      'auto: { create: { topics.enable: false } }',
    ].join('\n');
    expect(load({ yaml })).toMatchObject({
      logLevel: 'warn',
      advertisedHost: 'example.com',
      advertisedPort: 19092,
      settings: {
        'log.cleanup.policy': 'compact,delete',
        'log.flush.interval.messages': '9223372036854775807',
        'auto.create.topics.enable': 'false',
      },
    });
  });

  test('come from the file that HEXLOG_CONFIG names, but for --config', () => {
    const other = join(directory, 'other.yaml');
    writeFileSync(other, 'port: 5');
    expect(load({ env: { HEXLOG_CONFIG: other } }).port).toBe(5);
    expect(load({ env: { HEXLOG_CONFIG: other }, yaml: 'port: 6' }).port).toBe(6);
  });

  test('are not what Kubernetes says of a Service named hexlog', () => {
    const env = {
      HEXLOG_PORT: 'tcp://10.0.0.7:9092',
      HEXLOG_PORT_9092_TCP_ADDR: '10.0.0.7',
      HEXLOG_SERVICE_HOST: '10.0.0.7',
      HEXLOG_SERVICE_PORT_KAFKA: '9092',
    };
    expect(load({ env }).port).toBe(9092);
  });

  test('may be none: an empty file, an empty HEXLOG_CONFIG, and what the clients read', () => {
    const env = {
      HEXLOG_CONFIG: '',
      HEXLOG_BOOTSTRAP: 'a:1',
      PATH: '/bin',
      HEXLOG_PORT: undefined,
    };
    expect(load({ yaml: '# nothing\n', env })).toEqual(load({}));
  });

  test('have one variable each', () => {
    expect(new Set(SETTING_NAMES.map(environmentName)).size).toBe(SETTING_NAMES.length);
  });

  test('of the example file are the defaults, all but those that every broker has', () => {
    const flags = { own: {}, set: [], config: EXAMPLE };
    const { settings, ...own } = loadConfig(flags, {});
    expect({ ...own, settings: {} }).toEqual(load({}));
    expect(Object.keys(settings)).toContain('num.partitions');
  });
});

const LISTED = 'allowed are those that "hexlog serve --help" lists';

describe('a wrong setting gets one line:', () => {
  test.each<[string, Said, string]>([
    [
      'a flag that is no port',
      { own: { port: '65536' } },
      'port = "65536" (flag --port) is wrong: allowed is an integer from 0 to 65535',
    ],
    [
      'a flag that is no number',
      { own: { 'advertised.port': '0x10' } },
      'advertised.port = "0x10" (flag --advertised-port) is wrong: allowed is an integer from 1 to 65535',
    ],
    [
      'a broker id that is negative',
      { set: ['broker.id=-1'] },
      'broker.id = "-1" (flag --set) is wrong: allowed is an integer from 0 to 2147483647',
    ],
    [
      'an engine that is not there',
      { env: { HEXLOG_STORAGE: 'papyrus' } },
      'storage = "papyrus" (environment HEXLOG_STORAGE) is wrong: allowed is one of segment-files, sqlite, leveldb, lmdb, memory',
    ],
    [
      'a level that is not there, in the file',
      { yaml: 'log.level: debug' },
      'log.level = "debug" (file FILE) is wrong: allowed is one of silent, error, warn, info',
    ],
    [
      'an empty path',
      { own: { 'data.dir': '' } },
      'data.dir = "" (flag --data-dir) is wrong: allowed is a path',
    ],
    [
      'an empty host',
      { env: { HEXLOG_HOST: '' } },
      'host = "" (environment HEXLOG_HOST) is wrong: allowed is a host name or an address',
    ],
    [
      'a broker setting of the wrong type',
      { env: { HEXLOG_NUM_PARTITIONS: 'many' } },
      'num.partitions = "many" (environment HEXLOG_NUM_PARTITIONS) is wrong: allowed is an integer from 1 to 2147483647',
    ],
    [
      'a broker setting out of its range',
      { set: ['num.partitions=0'] },
      'num.partitions = "0" (flag --set) is wrong: allowed is an integer from 1 to 2147483647',
    ],
    [
      'a long without bounds',
      { yaml: 'log.retention.bytes: lots' },
      'log.retention.bytes = "lots" (file FILE) is wrong: allowed is an integer from -9223372036854775808 to 9223372036854775807',
    ],
    [
      'a boolean',
      { yaml: 'auto.create.topics.enable: yes' },
      'auto.create.topics.enable = "yes" (file FILE) is wrong: allowed is true or false',
    ],
    [
      'a word',
      { set: ['flush.policy=always'] },
      'flush.policy = "always" (flag --set) is wrong: allowed is one of acks-all, interval, never',
    ],
    [
      'a list',
      { set: ['log.cleanup.policy=shred'] },
      'log.cleanup.policy = "shred" (flag --set) is wrong: allowed is a list of compact, delete',
    ],
    [
      'a ratio',
      { set: ['log.cleaner.min.cleanable.ratio=2'] },
      'log.cleaner.min.cleanable.ratio = "2" (flag --set) is wrong: allowed is a number from 0 to 1',
    ],
    [
      'a rule that explains itself',
      { set: ['compression.gzip.level=10'] },
      'compression.gzip.level = "10" (flag --set) is wrong: allowed is a value between 1 and 9 or equal to -1',
    ],
    [
      'a weak one that is overridden',
      { yaml: 'port: x', own: { port: '1' } },
      'port = "x" (file FILE) is wrong: allowed is an integer from 0 to 65535',
    ],
    [
      'a name with a typing error',
      { set: ['num.partition=3'] },
      `num.partition = "3" (flag --set) is no setting: did you mean num.partitions? ${LISTED}`,
    ],
    [
      'a name of the topic setting',
      { yaml: 'retention.ms: 5' },
      `retention.ms = "5" (file FILE) is no setting: did you mean log.retention.ms? ${LISTED}`,
    ],
    [
      'a name that resembles nothing',
      { yaml: 'constructor: 1' },
      `constructor = "1" (file FILE) is no setting: ${LISTED}`,
    ],
    [
      'an unknown variable',
      { env: { HEXLOG_PROT: '1' } },
      'HEXLOG_PROT = "1" (environment) is no setting: did you mean HEXLOG_PORT? ' +
        'allowed are the settings that "hexlog serve --help" lists, as in HEXLOG_NUM_PARTITIONS',
    ],
    [
      '--set without a value',
      { set: ['num.partitions'] },
      '"num.partitions" (flag --set) is wrong: allowed is key=value, as in num.partitions=3',
    ],
    [
      'null',
      { yaml: 'port:' },
      'port = null (file FILE) is wrong: allowed is a value or a list of values',
    ],
    [
      'a list of maps',
      { yaml: 'port: [{ a: 1 }]' },
      'port = a list of lists or maps (file FILE) is wrong: allowed is a value or a list of values',
    ],
    [
      'a file that is no map',
      { yaml: '- port' },
      'file FILE is wrong: allowed is a map of settings',
    ],
    ['a text', { yaml: 'port' }, 'file FILE is wrong: allowed is a map of settings'],
    [
      'twice by nesting',
      { yaml: 'log.level: warn\nlog: { level: info }' },
      'log.level is given twice (file FILE): allowed is once',
    ],
    [
      'settings that do not go together',
      { set: ['log.cleaner.min.compaction.lag.ms=9', 'log.cleaner.max.compaction.lag.ms=8'] },
      'settings do not go together: conflict topic config setting ' +
        'min.compaction.lag.ms (9) > max.compaction.lag.ms (8)',
    ],
  ])('%s', (_, said, line) => {
    expect(refusal(said)).toBe(line);
  });

  test('YAML that is broken', () => {
    expect(refusal({ yaml: 'port: 1\nport: 2' })).toBe(
      'file FILE is not valid YAML: Map keys must be unique at line 2, column 1',
    );
    expect(refusal({ yaml: 'a: [1' })).toMatch(
      /^file FILE is not valid YAML: .* at line 1, column \d+$/,
    );
  });

  test('a file that is not there', () => {
    const gone = join(directory, 'gone.yaml');
    const env = { HEXLOG_CONFIG: gone };
    expect(refusal({ env })).toBe(
      `config = "${gone}" (environment HEXLOG_CONFIG) cannot be read (ENOENT): allowed is the path of a YAML file`,
    );
  });
});
