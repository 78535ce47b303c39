import { BrokerError } from '../error.ts';
import type { Setting } from '../config/setting.ts';
import { checkTopicConfigs, topicSetting, type Configs } from '../topic/topic-config.ts';
import { topicNameProblem } from '../topic/topic-name.ts';
import type { Topic } from '../topic/topic.ts';
import { SUCCESS, attempt, duplicatesIn } from '../outcome.ts';
import { brokerSetting, checkBrokerConfigs, type BrokerScope } from './broker-config.ts';
import type { ClusterMetadata } from './metadata.ts';
import type { MetadataEvent } from './metadata-events.ts';

/** What settings belong to; `UNKNOWN` is a number on the wire that stands for none of these. */
export type ResourceType =
  'UNKNOWN' | 'TOPIC' | 'BROKER' | 'BROKER_LOGGER' | 'CLIENT_METRICS' | 'GROUP';

export interface Resource {
  readonly type: ResourceType;
  /** A topic's name, a broker's id, or empty for all brokers. */
  readonly name: string;
}

/** `UNKNOWN` is a number on the wire that stands for none of these. */
export type ConfigOperation = 'SET' | 'DELETE' | 'APPEND' | 'SUBTRACT' | 'UNKNOWN';

/** One change of one setting; only DELETE needs no value. */
export interface ConfigChange {
  readonly name: string;
  readonly operation: ConfigOperation;
  readonly value: string | null;
}

/** How settings become other settings: one by one, or all at once. */
export type Alteration = (
  current: Configs,
  definition: (name: string) => SplittableSetting,
) => Configs;

interface SplittableSetting {
  readonly setting: Setting;
  /** What a list begins with where none was set. */
  readonly fallback: string;
}

function refuse(message: string): BrokerError {
  return new BrokerError('INVALID_REQUEST', message);
}

/**
 * Refuses what no resource can take: a setting named twice, a value that is missing, or an operation that is none
 * (ConfigAdminManager.preprocess).
 */
export function checkChanges(changes: readonly ConfigChange[]): void {
  if (duplicatesIn(changes.map(change => change.name)).size > 0) {
    throw refuse('Error due to duplicate config keys');
  }
  const nulls = changes.filter(change => change.value === null && change.operation !== 'DELETE');
  if (nulls.length > 0) {
    throw refuse(`Null value not supported for : ${nulls.map(change => change.name).join(', ')}`);
  }
  const unknown = changes.find(change => change.operation === 'UNKNOWN');
  if (unknown) throw refuse(`Unknown operations type for : ${unknown.name}`);
}

/** The changes applied one by one; lists grow and shrink by their members (KIP-339). */
export function changing(changes: readonly ConfigChange[]): Alteration {
  return (current, definition) => {
    const next = new Map(current);
    for (const change of changes) {
      if (change.operation === 'DELETE') next.delete(change.name);
      else next.set(change.name, changedValue(change, current, definition));
    }
    return next;
  };
}

/** The settings replaced by these; what is not named goes back to its default (the legacy AlterConfigs). */
export function replacing(changes: readonly ConfigChange[]): Alteration {
  return () => new Map(changes.map(change => [change.name, change.value ?? '']));
}

function changedValue(
  change: ConfigChange,
  current: Configs,
  definition: (name: string) => SplittableSetting,
): string {
  const value = change.value ?? '';
  if (change.operation === 'SET') return value;
  const { setting, fallback } = definition(change.name);
  if (setting.type !== 'list') {
    const reason = `key ${change.name} because its type is not LIST.`;
    throw new BrokerError('INVALID_CONFIG', `Can't ${change.operation} to ${reason}`);
  }
  const had = (current.get(change.name) ?? fallback).split(',').filter(word => word !== '');
  const given = value.split(',');
  if (change.operation === 'SUBTRACT') return had.filter(word => !given.includes(word)).join(',');
  return [...new Set([...had, ...given])].join(',');
}

/** The event that alters a resource, or null when nothing would change; throws why it cannot be. */
export function planAlteration(
  resource: Resource,
  alter: Alteration,
  context: { state: ClusterMetadata; brokerId: number },
): MetadataEvent | null {
  const { state, brokerId } = context;
  switch (resource.type) {
    case 'TOPIC':
      return alterTopic(existingTopic(resource.name, state), alter, state);
    case 'BROKER':
      return alterBroker(scopeOf(resource.name, brokerId), alter, state);
    case 'GROUP':
      return refuseAny(alter, name => {
        return new BrokerError('INVALID_CONFIG', `Unknown group config name: ${name}`);
      });
    case 'CLIENT_METRICS':
      return refuseAny(alter, name => refuse(`Unknown client metrics configuration: ${name}`));
    case 'BROKER_LOGGER':
      return refuseAny(alter, name => {
        return new BrokerError('INVALID_CONFIG', `Logger ${name} does not exist!`);
      });
    case 'UNKNOWN':
      throw refuse('Unknown resource type');
  }
}

/** A kind of resource that has no settings here: an alteration that names one is refused, an empty one does nothing. */
function refuseAny(alter: Alteration, refusal: (name: string) => BrokerError): null {
  const unknown = (name: string): never => {
    throw refusal(name);
  };
  const [name] = alter(new Map(), unknown).keys();
  return name === undefined ? null : unknown(name);
}

/** The topic that a resource names; throws Kafka's errors for a name that is none. */
export function existingTopic(name: string, state: ClusterMetadata): Topic {
  if (name === '') throw refuse('Default topic resources are not allowed.');
  const problem = topicNameProblem(name);
  if (problem !== null) throw new BrokerError('INVALID_TOPIC_EXCEPTION', problem);
  const topic = state.topicNamed(name);
  if (topic) return topic;
  const message = `The topic '${name}' does not exist.`;
  throw new BrokerError('UNKNOWN_TOPIC_OR_PARTITION', message);
}

/** Whose settings a broker resource means: an empty name is all brokers, else it must be this one's id. */
export function scopeOf(name: string, brokerId: number): BrokerScope {
  if (name === '') return 'cluster';
  if (!/^[+-]?\d+$/.test(name)) throw refuse(`Node id must be an integer, but it is: ${name}`);
  if (Number(name) === brokerId) return 'broker';
  throw refuse(`Unexpected broker id, expected ${brokerId}, but received ${name}`);
}

function alterTopic(topic: Topic, alter: Alteration, state: ClusterMetadata): MetadataEvent | null {
  const defaults = state.broker.topicDefault;
  const configs = alter(topic.configs, name => {
    const setting = topicSetting(name);
    return { setting, fallback: defaults(name as Parameters<typeof defaults>[0]) };
  });
  checkTopicConfigs(configs, defaults);
  if (same(configs, topic.configs)) return null;
  const record = Object.fromEntries(configs);
  return { type: 'topic-configs-altered', topicId: topic.id, configs: record };
}

function alterBroker(
  scope: BrokerScope,
  alter: Alteration,
  state: ClusterMetadata,
): MetadataEvent | null {
  const current = state.broker.altered(scope);
  const configs = alter(current, name => {
    const setting = brokerSetting(name);
    return { setting, fallback: setting.initial ?? '' };
  });
  const fixed = [...configs.keys()].filter(name => !brokerSetting(name).dynamic);
  if (fixed.length > 0) {
    throw refuse(`Cannot update these configs dynamically: ${fixed.join(', ')}`);
  }
  // A broker's bad value is INVALID_REQUEST, a topic's INVALID_CONFIG: Kafka kept that by mistake (KAFKA-13609), and so it stays.
  const { error, message } = attempt(
    () => {
      checkBrokerConfigs(configs);
      state.broker.with(scope, configs).checkTopicDefaults();
      return SUCCESS;
    },
    outcome => outcome,
  );
  if (error !== null) throw refuse(message ?? error);
  if (same(configs, current)) return null;
  return { type: 'broker-configs-altered', scope, configs: Object.fromEntries(configs) };
}

function same(a: Configs, b: Configs): boolean {
  return a.size === b.size && [...a].every(([name, value]) => b.get(name) === value);
}
