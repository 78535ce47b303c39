import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokerConfig } from '../../../src/domain/model/cluster/broker-config.ts';
import { ClusterMetadata } from '../../../src/domain/model/cluster/metadata.ts';
import {
  isKnownEventType,
  type MetadataEvent,
} from '../../../src/domain/model/cluster/metadata-events.ts';

const emptyState = (): ClusterMetadata => new ClusterMetadata(new BrokerConfig(new Map()));

function created(
  topicId: string,
  name: string,
  configs: Record<string, string> = {},
): MetadataEvent {
  return { type: 'topic-created', topicId, name, partitions: 2, configs };
}

describe('the metadata of a cluster', () => {
  test('finds a topic by name and by id until it is deleted', () => {
    const state = emptyState();
    const change = state.apply(created('T1', 'a.b'));
    expect(change).toEqual({ kind: 'created', topic: state.topicNamed('a.b') });
    expect(state.topicWithId('T1')).toBe(state.topicNamed('a.b'));
    expect(state.topicCollidingWith('a_b')?.name).toBe('a.b');
    expect(state.apply({ type: 'topic-deleted', topicId: 'T1' })?.kind).toBe('deleted');
    expect(state.topicNamed('a.b')).toBeUndefined();
    expect(state.topicWithId('T1')).toBeUndefined();
    expect(state.topicCollidingWith('a_b')).toBeUndefined();
  });

  test('keeps the topic object while its partitions and settings change', () => {
    const state = emptyState();
    state.apply(created('T1', 'a'));
    const topic = state.topicNamed('a');
    state.apply({ type: 'partitions-created', topicId: 'T1', partitions: 5 });
    const configs = { 'max.message.bytes': '7' };
    state.apply({ type: 'topic-configs-altered', topicId: 'T1', configs });
    expect(state.topicNamed('a')).toBe(topic);
    expect(topic?.partitionCount).toBe(5);
    expect(topic?.maxMessageBytes).toBe(7);
  });

  test('has another version whenever a topic came, grew or went, and no other time', () => {
    const state = emptyState();
    const configs = { 'max.message.bytes': '7' };
    const versionAfter = (event: MetadataEvent): number => {
      state.apply(event);
      return state.version;
    };
    const came = versionAfter(created('T1', 'a'));
    const grew = versionAfter({ type: 'partitions-created', topicId: 'T1', partitions: 5 });
    expect(versionAfter({ type: 'topic-configs-altered', topicId: 'T1', configs })).toBe(grew);
    const restored = versionAfter(state.snapshot());
    const went = versionAfter({ type: 'topic-deleted', topicId: 'T1' });
    expect(new Set([emptyState().version, came, grew, restored, went]).size).toBe(5);
  });

  test('lets new defaults of the broker reach topics that have no setting of their own', () => {
    const state = emptyState();
    state.apply(created('T1', 'a'));
    state.apply(created('T2', 'b', { 'max.message.bytes': '7' }));
    const configs = { 'message.max.bytes': '9' };
    state.apply({ type: 'broker-configs-altered', scope: 'cluster', configs });
    expect(state.topicNamed('a')?.maxMessageBytes).toBe(9);
    expect(state.topicNamed('b')?.maxMessageBytes).toBe(7);
  });

  test('knows no event for a topic that is not there', () => {
    const event: MetadataEvent = { type: 'topic-deleted', topicId: 'T9' };
    expect(() => emptyState().apply(event)).toThrow('T9, which is not there');
  });

  test('knows its own event types only', () => {
    expect(isKnownEventType('topic-created')).toBe(true);
    for (const type of ['topic-renamed', 'constructor', 7, undefined]) {
      expect(isKnownEventType(type)).toBe(false);
    }
  });
});

const bytes = fc.integer({ min: 0, max: 999 }).map(String);
const anyEvent: fc.Arbitrary<(state: ClusterMetadata, n: number) => MetadataEvent> = fc.oneof(
  fc.constant((_: ClusterMetadata, n: number) => created(`T${n}`, `topic-${n}`)),
  fc.nat().map(pick => (state: ClusterMetadata, n: number): MetadataEvent => {
    const topic = [...state.topics()][pick % Math.max(1, state.topicCount)];
    return topic ? { type: 'topic-deleted', topicId: topic.id } : created(`T${n}`, `topic-${n}`);
  }),
  bytes.map(value => (state: ClusterMetadata, n: number): MetadataEvent => {
    const [topic] = state.topics();
    const configs = { 'max.message.bytes': value };
    return topic
      ? { type: 'topic-configs-altered', topicId: topic.id, configs }
      : created(`T${n}`, `topic-${n}`, configs);
  }),
  fc
    .record({ scope: fc.constantFrom('broker' as const, 'cluster' as const), value: bytes })
    .map(given => (): MetadataEvent => {
      const configs = { 'message.max.bytes': given.value };
      return { type: 'broker-configs-altered', scope: given.scope, configs };
    }),
  fc
    .nat()
    .map(next => (): MetadataEvent => ({ type: 'producer-ids-allocated', nextProducerId: next })),
  fc.nat().map(epoch => (): MetadataEvent => ({ type: 'broker-started', epoch })),
);

test('a snapshot stands for all the events before it', () => {
  const property = fc.property(fc.array(anyEvent, { maxLength: 30 }), makers => {
    const state = emptyState();
    state.apply({ type: 'cluster-created', clusterId: 'C' });
    makers.forEach((make, n) => state.apply(make(state, n)));
    const restored = emptyState();
    restored.apply(created('gone', 'topic-before'));
    restored.apply(JSON.parse(JSON.stringify(state.snapshot())) as MetadataEvent);
    expect(restored.snapshot()).toEqual(state.snapshot());
    expect([...restored.topics()].map(topic => topic.maxMessageBytes)).toEqual(
      [...state.topics()].map(topic => topic.maxMessageBytes),
    );
    expect(restored.topicNamed('topic-before')).toBeUndefined();
  });
  // fast-check prints the seed and the path of a failure.
  fc.assert(property, { numRuns: 200 });
});
