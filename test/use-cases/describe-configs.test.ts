import { describe, expect, test } from 'vitest';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import type { ResourceType } from '../../src/domain/model/cluster/config-change.ts';
import { DescribeConfigs } from '../../src/domain/use-cases/describe-configs.ts';
import { ListConfigResources } from '../../src/domain/use-cases/list-config-resources.ts';
import { BROKER_ID, startMetadata } from '../support/metadata-fixture.ts';
import { textTable } from '../support/text-table.ts';

async function startDescription(given: Record<string, string> = {}) {
  const fixture = await startMetadata(new MemoryLogStorage(), given);
  const useCase = new DescribeConfigs(fixture.metadata.state, BROKER_ID);
  const describeOne = (type: ResourceType, name: string, names: string[] | null = null) =>
    useCase.execute([{ type, name, names }])[0]!;
  return { ...fixture, describeOne };
}

describe('describing settings', () => {
  test('of a topic tells where each value comes from, layer by layer', async () => {
    const given = { 'log.retention.hours': '2', 'log.segment.bytes': '2000000' };
    const { describeOne, create, metadata } = await startDescription(given);
    await create({ name: 'orders', configs: [{ name: 'segment.bytes', value: ' 3000000 ' }] });
    await metadata.update(() => ({
      answer: null,
      events: [
        { type: 'broker-configs-altered', scope: 'cluster', configs: { 'log.roll.ms': '8' } },
        { type: 'broker-configs-altered', scope: 'broker', configs: { 'log.roll.ms': '9' } },
      ],
    }));
    const names = ['segment.bytes', 'retention.ms', 'segment.ms', 'remote.storage.enable', 'x'];
    const { error, configs } = describeOne('TOPIC', 'orders', names);
    expect(error).toBeNull();
    expect(configs.map(({ name, value, source, type }) => [name, value, source, type])).toEqual([
      ['remote.storage.enable', 'false', 'DEFAULT_CONFIG', 'boolean'],
      ['retention.ms', '7200000', 'STATIC_BROKER_CONFIG', 'long'],
      ['segment.bytes', '3000000', 'DYNAMIC_TOPIC_CONFIG', 'int'],
      ['segment.ms', '9', 'DYNAMIC_BROKER_CONFIG', 'long'],
    ]);
    const synonyms = configs.map(config =>
      config.synonyms.map(({ name, value, source }) => `${name}=${value} ${source}`),
    );
    expect(synonyms).toEqual([
      [],
      ['log.retention.hours=2 STATIC_BROKER_CONFIG', 'log.retention.hours=168 DEFAULT_CONFIG'],
      [
        'segment.bytes=3000000 DYNAMIC_TOPIC_CONFIG',
        'log.segment.bytes=2000000 STATIC_BROKER_CONFIG',
        'log.segment.bytes=1073741824 DEFAULT_CONFIG',
      ],
      [
        'log.roll.ms=9 DYNAMIC_BROKER_CONFIG',
        'log.roll.ms=8 DYNAMIC_DEFAULT_BROKER_CONFIG',
        'log.roll.hours=168 DEFAULT_CONFIG',
      ],
    ]);
    expect(configs.every(config => !config.readOnly && !config.sensitive)).toBe(true);
    expect(configs.every(config => config.documentation.length > 10)).toBe(true);
  });

  test('gives all settings of a topic when none is named, sorted by name', async () => {
    const { describeOne, create } = await startDescription();
    await create({ name: 'orders' });
    const names = describeOne('TOPIC', 'orders', []).configs.map(config => config.name);
    expect(names).toHaveLength(33);
    expect(names).toEqual([...names].sort());
  });

  test('of this broker shows what can be altered while it runs', async () => {
    const { describeOne } = await startDescription({ 'num.partitions': '3' });
    const { configs } = describeOne('BROKER', '1');
    const byName = new Map(configs.map(config => [config.name, config]));
    expect(byName.get('num.partitions')).toMatchObject({
      value: '3',
      readOnly: true,
      source: 'STATIC_BROKER_CONFIG',
    });
    expect(byName.get('message.max.bytes')).toMatchObject({ value: '1048588', readOnly: false });
    expect(byName.get('log.retention.ms')).toMatchObject({ value: null, source: 'DEFAULT_CONFIG' });
    expect(byName.get('log.retention.hours')).toMatchObject({ value: '168', readOnly: true });
  });

  test('of all brokers shows what was altered for all of them, and nothing else', async () => {
    const { describeOne, metadata } = await startDescription({ 'max.connections': '5' });
    expect(describeOne('BROKER', '').configs).toEqual([]);
    const configs = { 'max.connections': '7' };
    await metadata.update(() => ({
      answer: null,
      events: [{ type: 'broker-configs-altered', scope: 'cluster', configs }],
    }));
    const [described] = describeOne('BROKER', '').configs;
    const source = 'DYNAMIC_DEFAULT_BROKER_CONFIG';
    expect(described).toMatchObject({ name: 'max.connections', value: '7', source });
    expect(described?.synonyms).toHaveLength(1);
  });

  const ERRORS = textTable(`
    TOPIC          | none | UNKNOWN_TOPIC_OR_PARTITION | The topic 'none' does not exist.
    TOPIC          | a/b  | INVALID_TOPIC_EXCEPTION    | Topic name is invalid: 'a/b' contains
    BROKER         | 2    | INVALID_REQUEST            | Unexpected broker id, expected 1
    BROKER         | x    | INVALID_REQUEST            | Node id must be an integer, but it is: x
    BROKER_LOGGER  |      | INVALID_REQUEST            | Broker id must not be empty
    BROKER_LOGGER  | 2    | INVALID_REQUEST            | Unexpected broker id, expected 1
    CLIENT_METRICS |      | INVALID_REQUEST            | Client metrics subscription name must not be empty
    GROUP          |      | INVALID_REQUEST            | Group name must not be empty
    UNKNOWN        | x    | INVALID_REQUEST            | Unsupported resource type
  `);

  test.each(ERRORS)('of %s "%s" is %s', async (type, name, error, said) => {
    const { describeOne } = await startDescription();
    expect(describeOne(type as ResourceType, name)).toEqual({
      resource: { type, name },
      configs: [],
      error,
      message: expect.stringContaining(said) as string,
    });
  });

  test.each([
    ['BROKER_LOGGER', '1'],
    ['CLIENT_METRICS', 'm'],
    ['GROUP', 'g'],
  ] as const)('of %s %s are none', async (type, name) => {
    const { describeOne } = await startDescription();
    expect(describeOne(type, name)).toMatchObject({ error: null, configs: [] });
  });
});

describe('listing what has settings', () => {
  test('names topics and this broker', async () => {
    const { metadata, create } = await startMetadata();
    await create({ name: 'b' }, { name: 'a' });
    const list = new ListConfigResources(metadata.state, BROKER_ID);
    const named = (types: ResourceType[]): string[] =>
      list.execute(types).map(({ type, name }) => `${type} ${name}`);
    expect(named([])).toEqual(['TOPIC b', 'TOPIC a', 'BROKER 1', 'BROKER_LOGGER 1']);
    expect(named(['TOPIC', 'TOPIC'])).toEqual(['TOPIC b', 'TOPIC a']);
    expect(named(['GROUP', 'CLIENT_METRICS'])).toEqual([]);
    expect(() => named(['TOPIC', 'UNKNOWN'])).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_VERSION' }),
    );
  });
});
