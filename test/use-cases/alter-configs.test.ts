import { describe, expect, test } from 'vitest';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import type { LogStorage } from '../../src/ports/log-storage.ts';
import type {
  ConfigChange,
  ConfigOperation,
  Resource,
  ResourceType,
} from '../../src/domain/model/cluster/config-change.ts';
import {
  AlterConfigs,
  type AlterConfigsResult,
  type AlterMode,
} from '../../src/domain/use-cases/alter-configs.ts';
import { BROKER_ID, startMetadata, type MetadataFixture } from '../support/metadata-fixture.ts';
import { textTable } from '../support/text-table.ts';

const TOPIC: Resource = { type: 'TOPIC', name: 'orders' };
const THIS_BROKER: Resource = { type: 'BROKER', name: String(BROKER_ID) };
const ALL_BROKERS: Resource = { type: 'BROKER', name: '' };

/** "SET retention.ms=5; DELETE segment.ms" as changes; a value of `null` is none. */
function changesOf(text: string): ConfigChange[] {
  return text.split(';').flatMap(part => {
    const [, operation, name, value] = /^\s*(\w+) ([^=\s]+)(?:=(.*?))?\s*$/.exec(part) ?? [];
    if (name === undefined) return [];
    const given = value === undefined || value === 'null' ? null : value;
    return [{ operation: operation as ConfigOperation, name, value: given }];
  });
}

interface Alteration extends MetadataFixture {
  readonly alter: (
    mode: AlterMode,
    resource: Resource,
    text: string,
  ) => Promise<AlterConfigsResult>;
}

async function startAlteration(disk: LogStorage = new MemoryLogStorage()): Promise<Alteration> {
  const fixture = await startMetadata(disk);
  const useCase = new AlterConfigs(fixture.metadata, BROKER_ID);
  const alter: Alteration['alter'] = async (mode, resource, text) => {
    const resources = [{ resource, changes: changesOf(text) }];
    return (await useCase.execute({ mode, resources, validateOnly: false }))[0]!;
  };
  return { ...fixture, alter };
}

const START = [
  { name: 'retention.ms', value: '1000' },
  { name: 'cleanup.policy', value: 'compact' },
];

describe('altering the settings of a topic', () => {
  const INCREMENTAL = textTable(`
    SET retention.ms=5                       | retention.ms=5 cleanup.policy=compact
    SET segment.ms=7; DELETE retention.ms    | cleanup.policy=compact segment.ms=7
    DELETE segment.ms                        | retention.ms=1000 cleanup.policy=compact
    DELETE no.such.setting                   | retention.ms=1000 cleanup.policy=compact
    APPEND cleanup.policy=delete             | retention.ms=1000 cleanup.policy=compact,delete
    APPEND cleanup.policy=compact            | retention.ms=1000 cleanup.policy=compact
    SUBTRACT cleanup.policy=compact          | retention.ms=1000 cleanup.policy=
    SUBTRACT cleanup.policy=delete           | retention.ms=1000 cleanup.policy=compact
    APPEND leader.replication.throttled.replicas=0:1 | retention.ms=1000 cleanup.policy=compact leader.replication.throttled.replicas=0:1
                                             | retention.ms=1000 cleanup.policy=compact
  `);

  test.each(INCREMENTAL)('step by step: %s gives %s', async (changes, expected) => {
    const disk = new MemoryLogStorage();
    const { alter, create, metadata } = await startAlteration(disk);
    await create({ name: 'orders', configs: START });
    expect(await alter('incremental', TOPIC, changes)).toEqual({
      resource: TOPIC,
      error: null,
      message: null,
    });
    const shown = (at: typeof metadata): string =>
      [...at.state.topicNamed('orders')!.configs].map(pair => pair.join('=')).join(' ');
    expect(shown(metadata)).toBe(expected);
    expect(shown((await startMetadata(disk)).metadata)).toBe(expected);
  });

  test('writes nothing when nothing would change', async () => {
    const { alter, create, storage } = await startAlteration();
    await create({ name: 'orders', configs: START });
    const before = storage.appends;
    const { error } = await alter('incremental', TOPIC, 'SET retention.ms=1000; DELETE segment.ms');
    expect(error).toBeNull();
    expect(storage.appends).toBe(before);
  });

  test('all at once leaves only what is named', async () => {
    const { alter, create, metadata } = await startAlteration();
    await create({ name: 'orders', configs: START });
    await alter('replace', TOPIC, 'SET segment.ms=7');
    const topic = metadata.state.topicNamed('orders');
    expect([...topic!.configs]).toEqual([['segment.ms', '7']]);
    expect(topic?.segmentMs).toBe(7);
    expect(topic?.compacted).toBe(false);
  });

  test('appends to what the broker gives by default', async () => {
    const { alter, create, metadata } = await startAlteration();
    await create({ name: 'orders' });
    await alter('incremental', TOPIC, 'APPEND cleanup.policy=compact');
    expect(metadata.state.topicNamed('orders')?.configs.get('cleanup.policy')).toBe(
      'delete,compact',
    );
  });

  const REFUSED = textTable(`
    incremental | TOPIC | orders  | SET retention.ms=-2                          | INVALID_CONFIG             | Value must be at least -1
    incremental | TOPIC | orders  | SET segment.ms=9; SET retention.ms=x         | INVALID_CONFIG             | Not a number of type LONG
    incremental | TOPIC | orders  | SET nonsense=1                               | INVALID_CONFIG             | Unknown topic config name: nonsense
    incremental | TOPIC | orders  | APPEND retention.ms=1                        | INVALID_CONFIG             | Can't APPEND to key retention.ms because its type is not LIST.
    incremental | TOPIC | orders  | APPEND nonsense=1                            | INVALID_CONFIG             | Unknown topic config name: nonsense
    incremental | TOPIC | orders  | SET min.compaction.lag.ms=9; SET max.compaction.lag.ms=8 | INVALID_CONFIG | min.compaction.lag.ms (9) > max.compaction.lag.ms (8)
    incremental | TOPIC | orders  | SET retention.ms=1; DELETE retention.ms      | INVALID_REQUEST            | Error due to duplicate config keys
    incremental | TOPIC | orders  | SET retention.ms=null; APPEND cleanup.policy=null | INVALID_REQUEST       | Null value not supported for : retention.ms, cleanup.policy
    replace     | TOPIC | orders  | SET retention.ms=null                        | INVALID_REQUEST            | Null value not supported for : retention.ms
    replace     | TOPIC | orders  | SET nonsense=1                               | INVALID_CONFIG             | Unknown topic config name: nonsense
    incremental | TOPIC | unknown | SET retention.ms=1                           | UNKNOWN_TOPIC_OR_PARTITION | The topic 'unknown' does not exist.
    incremental | TOPIC | a/b     | SET retention.ms=1                           | INVALID_TOPIC_EXCEPTION    | Topic name is invalid
    incremental | TOPIC |         | SET retention.ms=1                           | INVALID_REQUEST            | Default topic resources are not allowed.
    incremental | BROKER | 2      | SET max.connections=1                        | INVALID_REQUEST            | Unexpected broker id, expected 1, but received 2
    incremental | BROKER | one    | SET max.connections=1                        | INVALID_REQUEST            | Node id must be an integer, but it is: one
    incremental | BROKER | 1      | SET num.partitions=3                         | INVALID_REQUEST            | Cannot update these configs dynamically: num.partitions
    incremental | BROKER | 1      | SET flush.policy=never                       | INVALID_REQUEST            | Cannot update these configs dynamically: flush.policy
    incremental | BROKER | 1      | SET max.connections=many                     | INVALID_REQUEST            | Not a number of type INT
    incremental | BROKER |        | SET log.cleaner.min.compaction.lag.ms=9; SET log.cleaner.max.compaction.lag.ms=8 | INVALID_REQUEST | min.compaction.lag.ms (9) > max.compaction.lag.ms (8)
    incremental | BROKER | 1      | SET nonsense=1                               | INVALID_CONFIG             | Unknown broker config name: nonsense
    incremental | GROUP | g       | SET nonsense=1                               | INVALID_CONFIG             | Unknown group config name: nonsense
    incremental | CLIENT_METRICS | c | SET nonsense=1                            | INVALID_REQUEST            | Unknown client metrics configuration: nonsense
    incremental | BROKER_LOGGER | 1 | SET root=DEBUG                             | INVALID_CONFIG             | Logger root does not exist!
    incremental | UNKNOWN | x     | SET a=b                                      | INVALID_REQUEST            | Unknown resource type
  `);

  test.each(REFUSED)('%s of %s "%s": %s is %s, and nothing changes', async (...row) => {
    const [mode, type, name, changes, error, said] = row;
    const { alter, create, metadata } = await startAlteration();
    await create({ name: 'orders', configs: START });
    const before = metadata.state.snapshot();
    const resource = { type: type as ResourceType, name: name! };
    const result = await alter(mode as AlterMode, resource, changes!);
    expect(result).toEqual({ resource, error, message: expect.stringContaining(said!) as string });
    expect(metadata.state.snapshot()).toEqual(before);
  });

  test('refuses a resource that is named twice, and alters the others', async () => {
    const { metadata, create } = await startAlteration();
    await create({ name: 'orders' }, { name: 'b' });
    const change = (name: string) => ({
      resource: { type: 'TOPIC', name } as const,
      changes: changesOf('SET segment.ms=7'),
    });
    const resources = [change('orders'), change('b'), change('orders')];
    const useCase = new AlterConfigs(metadata, BROKER_ID);
    const results = await useCase.execute({ mode: 'incremental', resources, validateOnly: false });
    const twice = 'Each resource must appear at most once.';
    expect(results.map(({ message }) => message)).toEqual([twice, null, twice]);
    expect(metadata.state.topicNamed('orders')?.configs.size).toBe(0);
    expect(metadata.state.topicNamed('b')?.segmentMs).toBe(7);
  });

  test('only validates when that is all that is asked', async () => {
    const { metadata, create } = await startAlteration();
    await create({ name: 'orders' });
    const useCase = new AlterConfigs(metadata, BROKER_ID);
    const results = await useCase.execute({
      mode: 'incremental',
      resources: [{ resource: TOPIC, changes: changesOf('SET segment.ms=7') }],
      validateOnly: true,
    });
    expect(results[0]?.error).toBeNull();
    expect(metadata.state.topicNamed('orders')?.configs.size).toBe(0);
  });
});

describe('altering the settings of the broker', () => {
  test('reaches the topics at once, and survives a restart', async () => {
    const disk = new MemoryLogStorage();
    const { alter, create, metadata } = await startAlteration(disk);
    const [topic] = await create({ name: 'orders' });
    await alter('incremental', ALL_BROKERS, 'SET message.max.bytes=500');
    expect(topic?.maxMessageBytes).toBe(500);
    await alter('incremental', THIS_BROKER, 'SET message.max.bytes=600; SET max.connections=9');
    expect(topic?.maxMessageBytes).toBe(600);
    expect(metadata.state.broker.get('max.connections')).toBe(9);

    const restarted = (await startMetadata(disk)).metadata.state;
    expect(restarted.topicNamed('orders')?.maxMessageBytes).toBe(600);
    expect(restarted.broker.get('max.connections')).toBe(9);
  });

  test('gives way to the default again', async () => {
    const { alter, create } = await startAlteration();
    const [topic] = await create({ name: 'orders' });
    await alter('incremental', THIS_BROKER, 'SET message.max.bytes=600');
    await alter('incremental', THIS_BROKER, 'DELETE message.max.bytes');
    expect(topic?.maxMessageBytes).toBe(1_048_588);
  });
});
