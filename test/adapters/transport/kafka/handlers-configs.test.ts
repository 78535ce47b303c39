import { describe, expect, test } from 'vitest';
import { alterConfigsHandler } from '../../../../src/adapters/transport/kafka/handlers/alter-configs.ts';
import { describeClusterHandler } from '../../../../src/adapters/transport/kafka/handlers/describe-cluster.ts';
import { describeConfigsHandler } from '../../../../src/adapters/transport/kafka/handlers/describe-configs.ts';
import { incrementalAlterConfigsHandler } from '../../../../src/adapters/transport/kafka/handlers/incremental-alter-configs.ts';
import { listConfigResourcesHandler } from '../../../../src/adapters/transport/kafka/handlers/list-config-resources.ts';
import { ERROR_CODES } from '../../../../src/adapters/transport/kafka/messages/error-codes.ts';
import { AlterConfigs } from '../../../../src/domain/use-cases/alter-configs.ts';
import { DescribeCluster } from '../../../../src/domain/use-cases/describe-cluster.ts';
import { DescribeConfigs } from '../../../../src/domain/use-cases/describe-configs.ts';
import { ListConfigResources } from '../../../../src/domain/use-cases/list-config-resources.ts';
import { StorageError } from '../../../../src/ports/log-storage.ts';
import { exchange, versionsOf } from '../../../support/exchange.ts';
import {
  BROKER_ID,
  startMetadata,
  type MetadataFixture,
} from '../../../support/metadata-fixture.ts';

const TOPIC = 2;
const BROKER = 4;
const BROKER_LOGGER = 8;
const NO_TYPE = 99;
const MESSAGE: unknown = expect.any(String);

const START = { name: 'orders', configs: [{ name: 'retention.ms', value: '1000' }] };
const ORDERS = { resourceType: TOPIC, resourceName: 'orders' };

describe('DescribeConfigs', () => {
  const servedBy = ({ metadata }: MetadataFixture) =>
    describeConfigsHandler(new DescribeConfigs(metadata.state, BROKER_ID));

  async function startDescription() {
    const fixture = await startMetadata(undefined, { 'log.retention.ms': '5000' });
    await fixture.create(START);
    return servedBy(fixture);
  }

  test('says as much of a setting as the version can', async () => {
    const served = await startDescription();
    const resources = [{ ...ORDERS, configurationKeys: ['retention.ms'] }];
    expect(versionsOf(served)).toEqual([1, 2, 3, 4]);
    for (const version of versionsOf(served)) {
      const typed = version >= 3;
      const request = {
        resources,
        includeSynonyms: true,
        ...(typed ? { includeDocumentation: true } : {}),
      };
      expect(await exchange(served, version, request), `v${version}`).toEqual({
        throttleTimeMs: 0,
        results: [
          {
            ...ORDERS,
            errorCode: 0,
            errorMessage: null,
            configs: [
              {
                name: 'retention.ms',
                value: '1000',
                readOnly: false,
                configSource: 1,
                isSensitive: false,
                synonyms: expect.arrayContaining([
                  { name: 'retention.ms', value: '1000', source: 1 },
                  { name: 'log.retention.ms', value: '5000', source: 4 },
                  { name: 'log.retention.hours', value: '168', source: 5 },
                ]) as unknown,
                configType: typed ? 5 : 0,
                documentation: typed ? (expect.stringMatching(/./) as unknown) : '',
              },
            ],
          },
        ],
      });
    }
  });

  test('keeps synonyms and documentation to itself when nobody asks', async () => {
    const resources = [{ ...ORDERS, configurationKeys: ['retention.ms'] }];
    const response = await exchange(await startDescription(), 4, { resources });
    expect(response).toMatchObject({
      results: [{ configs: [{ synonyms: [], documentation: null, configType: 5 }] }],
    });
  });

  test.each([1, 4])('v%d answers each resource, with all settings for null', async version => {
    const resources = [
      { resourceType: NO_TYPE, resourceName: 'x', configurationKeys: null },
      { resourceType: BROKER, resourceName: String(BROKER_ID), configurationKeys: null },
      { resourceType: TOPIC, resourceName: 'none', configurationKeys: null },
    ];
    const response = await exchange(await startDescription(), version, { resources });
    const refused = { errorMessage: MESSAGE, configs: [] };
    expect(response).toMatchObject({
      results: [
        {
          resourceType: NO_TYPE,
          resourceName: 'x',
          errorCode: ERROR_CODES.INVALID_REQUEST,
          ...refused,
        },
        {
          resourceType: BROKER,
          resourceName: '1',
          errorCode: 0,
          configs: expect.arrayContaining([
            expect.objectContaining({ name: 'log.retention.ms', value: '5000', configSource: 4 }),
            expect.objectContaining({ name: 'num.partitions', value: '1', configSource: 5 }),
          ]) as unknown,
        },
        {
          resourceType: TOPIC,
          resourceName: 'none',
          errorCode: ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION,
          ...refused,
        },
      ],
    });
  });
});

/** What the topic of the tests has of its own, as one text. */
const ownConfigs = ({ metadata }: MetadataFixture): string =>
  [...metadata.state.topicNamed('orders')!.configs].map(pair => pair.join('=')).join(' ');

const answered = (resource: object, errorCode: number) => ({
  errorCode,
  errorMessage: errorCode === 0 ? null : MESSAGE,
  ...resource,
});

describe('AlterConfigs', () => {
  const servedBy = ({ metadata }: MetadataFixture) =>
    alterConfigsHandler(new AlterConfigs(metadata, BROKER_ID));
  const segment = [{ name: 'segment.ms', value: '7' }];

  test.each([0, 1, 2])('v%d replaces all settings, or none', async version => {
    const fixture = await startMetadata();
    await fixture.create(START);
    const loggers = { resourceType: BROKER_LOGGER, resourceName: String(BROKER_ID) };
    const unknown = { resourceType: NO_TYPE, resourceName: 'x' };
    const resources = [
      { ...ORDERS, configs: segment },
      { ...loggers, configs: [] },
      { ...unknown, configs: [{ name: 'a', value: null }] },
    ];
    const served = servedBy(fixture);
    const expected = {
      throttleTimeMs: 0,
      responses: [
        answered(ORDERS, 0),
        answered(loggers, ERROR_CODES.INVALID_REQUEST),
        answered(unknown, ERROR_CODES.INVALID_REQUEST),
      ],
    };
    expect(await exchange(served, version, { resources, validateOnly: true })).toEqual(expected);
    expect(ownConfigs(fixture)).toBe('retention.ms=1000');
    expect(await exchange(served, version, { resources, validateOnly: false })).toEqual(expected);
    expect(ownConfigs(fixture)).toBe('segment.ms=7');
  });

  test.each([0, 2])('v%d answers a failing store resource by resource', async version => {
    const fixture = await startMetadata();
    await fixture.create(START);
    fixture.storage.failNextCommit = new StorageError('failed', 'EIO');
    const other = { resourceType: TOPIC, resourceName: 'none' };
    const resources = [ORDERS, other].map(resource => ({ ...resource, configs: segment }));
    const request = { resources, validateOnly: false };
    expect(await exchange(servedBy(fixture), version, request)).toEqual({
      throttleTimeMs: 0,
      responses: [ORDERS, other].map(it => answered(it, ERROR_CODES.KAFKA_STORAGE_ERROR)),
    });
  });
});

describe('IncrementalAlterConfigs', () => {
  const servedBy = ({ metadata }: MetadataFixture) =>
    incrementalAlterConfigsHandler(new AlterConfigs(metadata, BROKER_ID));
  const change = (name: string, configOperation: number, value: string | null) => ({
    name,
    configOperation,
    value,
  });

  test.each([0, 1])('v%d knows every operation', async version => {
    const fixture = await startMetadata();
    await fixture.create({
      name: 'orders',
      configs: [...START.configs, { name: 'cleanup.policy', value: 'delete' }],
    });
    const alter = (...configs: object[]) =>
      exchange(servedBy(fixture), version, {
        resources: [{ ...ORDERS, configs }],
        validateOnly: false,
      });
    const done = { throttleTimeMs: 0, responses: [answered(ORDERS, 0)] };
    const refused = {
      throttleTimeMs: 0,
      responses: [answered(ORDERS, ERROR_CODES.INVALID_REQUEST)],
    };
    expect(await alter(change('segment.ms', 0, '7'), change('retention.ms', 1, null))).toEqual(
      done,
    );
    expect(ownConfigs(fixture)).toBe('cleanup.policy=delete segment.ms=7');
    expect(await alter(change('cleanup.policy', 2, 'compact'))).toEqual(done);
    expect(ownConfigs(fixture)).toBe('cleanup.policy=delete,compact segment.ms=7');
    expect(await alter(change('cleanup.policy', 3, 'delete'))).toEqual(done);
    expect(ownConfigs(fixture)).toBe('cleanup.policy=compact segment.ms=7');
    expect(await alter(change('segment.ms', 4, '8'))).toEqual(refused);
    expect(await alter(change('segment.ms', -1, '8'))).toEqual(refused);
    expect(ownConfigs(fixture)).toBe('cleanup.policy=compact segment.ms=7');
  });

  test('knows loggers, of which there are none', async () => {
    const loggers = { resourceType: BROKER_LOGGER, resourceName: String(BROKER_ID) };
    const resources = [{ ...loggers, configs: [change('root', 0, 'INFO')] }];
    const request = { resources, validateOnly: false };
    expect(await exchange(servedBy(await startMetadata()), 1, request)).toEqual({
      throttleTimeMs: 0,
      responses: [answered(loggers, ERROR_CODES.INVALID_CONFIG)],
    });
  });

  test.each([0, 1])('v%d answers a failing store resource by resource', async version => {
    const fixture = await startMetadata();
    await fixture.create(START);
    fixture.storage.failNextCommit = new StorageError('failed', 'EIO');
    const unknown = { resourceType: NO_TYPE, resourceName: 'x' };
    const configs = [change('segment.ms', 0, '7')];
    const resources = [ORDERS, unknown].map(resource => ({ ...resource, configs }));
    const request = { resources, validateOnly: false };
    expect(await exchange(servedBy(fixture), version, request)).toEqual({
      throttleTimeMs: 0,
      responses: [ORDERS, unknown].map(it => answered(it, ERROR_CODES.KAFKA_STORAGE_ERROR)),
    });
  });
});

describe('ListConfigResources', () => {
  async function startListing() {
    const { create, metadata } = await startMetadata();
    await create({ name: 'a' }, { name: 'b' });
    return listConfigResourcesHandler(new ListConfigResources(metadata.state, BROKER_ID));
  }
  const topics = ['a', 'b'].map(resourceName => ({ resourceName, resourceType: TOPIC }));
  const broker = [BROKER, BROKER_LOGGER].map(resourceType => ({ resourceName: '1', resourceType }));

  test('v0 lists client metrics, of which there are none', async () => {
    const nothing = { throttleTimeMs: 0, errorCode: 0, configResources: [] };
    expect(await exchange(await startListing(), 0, {})).toEqual(nothing);
  });

  test.each([
    [[], [...topics, ...broker]],
    [[TOPIC], topics],
    [[BROKER_LOGGER, BROKER, 16, 32], [...broker].reverse()],
  ])('v1 asked for %j', async (resourceTypes, configResources) => {
    expect(await exchange(await startListing(), 1, { resourceTypes })).toEqual({
      throttleTimeMs: 0,
      errorCode: 0,
      configResources,
    });
  });

  test.each([NO_TYPE, 0])('v1 refuses the type %d', async unknown => {
    expect(await exchange(await startListing(), 1, { resourceTypes: [TOPIC, unknown] })).toEqual({
      throttleTimeMs: 0,
      errorCode: ERROR_CODES.UNSUPPORTED_VERSION,
      configResources: [],
    });
  });
});

describe('DescribeCluster', () => {
  async function startCluster() {
    const { metadata } = await startMetadata();
    const self = () => ({ id: BROKER_ID, host: 'broker.example', port: 9092 });
    const served = describeClusterHandler(new DescribeCluster(metadata, self));
    return { served, clusterId: metadata.clusterId };
  }
  // CREATE, ALTER, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE
  const everything = [5, 7, 8, 9, 10, 11, 12].reduce((all, bit) => all + 2 ** bit, 0);

  test.each([
    [0, false, {}],
    [0, true, {}],
    [1, true, { endpointType: 1 }],
    [2, false, { endpointType: 1, includeFencedBrokers: false }],
    [2, true, { endpointType: 1, includeFencedBrokers: true }],
  ])(
    'v%d, authorized operations %s, %j',
    async (version, includeClusterAuthorizedOperations, given) => {
      const { served, clusterId } = await startCluster();
      const request = { includeClusterAuthorizedOperations, ...given };
      expect(await exchange(served, version, request)).toEqual({
        throttleTimeMs: 0,
        errorCode: 0,
        errorMessage: null,
        endpointType: 1,
        clusterId,
        controllerId: BROKER_ID,
        brokers: [
          { brokerId: BROKER_ID, host: 'broker.example', port: 9092, rack: null, isFenced: false },
        ],
        clusterAuthorizedOperations: includeClusterAuthorizedOperations ? everything : -(2 ** 31),
      });
    },
  );

  test.each([
    [2, 'MISMATCHED_ENDPOINT_TYPE'],
    [0, 'UNSUPPORTED_ENDPOINT_TYPE'],
    [3, 'UNSUPPORTED_ENDPOINT_TYPE'],
  ] as const)('refuses the endpoint type %d: %s', async (endpointType, name) => {
    const { served } = await startCluster();
    const request = { includeClusterAuthorizedOperations: true, endpointType };
    for (const version of [1, 2]) {
      expect(await exchange(served, version, request)).toEqual({
        throttleTimeMs: 0,
        errorCode: ERROR_CODES[name],
        errorMessage: MESSAGE,
        endpointType: 1,
        clusterId: '',
        controllerId: -1,
        brokers: [],
        clusterAuthorizedOperations: -(2 ** 31),
      });
    }
  });
});
