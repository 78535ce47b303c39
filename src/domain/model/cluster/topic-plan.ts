import { BrokerError } from '../error.ts';
import { checkTopicConfigs, type Configs } from '../topic/topic-config.ts';
import { CLUSTER_METADATA_TOPIC, topicNameProblem } from '../topic/topic-name.ts';
import type { ClusterMetadata } from './metadata.ts';

/** Kafka's ReplicationControlManager.MAX_PARTITIONS_PER_BATCH. */
export const PARTITIONS_PER_REQUEST_MAX = 10_000;
/** Asks for the broker's default. */
export const DEFAULT_COUNT = -1;

export interface ConfigEntry {
  readonly name: string;
  readonly value: string | null;
}

export interface Assignment {
  readonly partition: number;
  readonly brokerIds: readonly number[];
}

/** A topic that somebody wants. -1 asks for the default; with `assignments`, both counts must be -1. */
export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly assignments: readonly Assignment[];
  readonly configs: readonly ConfigEntry[];
}

/** A topic that can be created as it stands. */
export interface TopicPlan {
  readonly name: string;
  readonly partitions: number;
  readonly configs: Configs;
}

/**
 * Works out a wanted topic, or throws why there can be none, with Kafka's codes and messages
 * (ReplicationControlManager.createTopics).
 */
export function planTopic(wanted: NewTopic, state: ClusterMetadata, brokerId: number): TopicPlan {
  checkName(wanted.name, state);
  const configs = plannedConfigs(wanted.configs);
  checkTopicConfigs(configs, state.broker.topicDefault);
  const manual = wanted.assignments.length > 0;
  const partitions = manual ? assigned(wanted, brokerId) : placed(wanted, state);
  return { name: wanted.name, partitions, configs };
}

/** How many partitions a wanted topic would have, before anything else is checked. */
export function partitionsWanted(wanted: NewTopic, defaultCount: number): number {
  if (wanted.assignments.length > 0) return wanted.assignments.length;
  return wanted.partitions === DEFAULT_COUNT ? defaultCount : Math.max(0, wanted.partitions);
}

function checkName(name: string, state: ClusterMetadata): void {
  if (name === CLUSTER_METADATA_TOPIC) {
    throw new BrokerError('INVALID_REQUEST', `Creation of internal topic ${name} is prohibited.`);
  }
  if (state.topicNamed(name)) {
    throw new BrokerError('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`);
  }
  const problem = topicNameProblem(name);
  if (problem !== null) throw new BrokerError('INVALID_TOPIC_EXCEPTION', problem);
  const colliding = state.topicCollidingWith(name);
  if (colliding) {
    const message = `Topic '${name}' collides with existing topic: ${colliding.name}`;
    throw new BrokerError('INVALID_TOPIC_EXCEPTION', message);
  }
}

function plannedConfigs(entries: readonly ConfigEntry[]): Configs {
  const nulls = entries.filter(entry => entry.value === null).map(entry => entry.name);
  if (nulls.length > 0) {
    const message = `Null value not supported for topic configs: ${nulls.join(',')}`;
    throw new BrokerError('INVALID_CONFIG', message);
  }
  return new Map(entries.map(entry => [entry.name, entry.value ?? '']));
}

function placed(wanted: NewTopic, state: ClusterMetadata): number {
  const { replicationFactor, partitions } = wanted;
  if (replicationFactor < DEFAULT_COUNT || replicationFactor === 0) {
    const message = 'Replication factor must be larger than 0, or -1 to use the default value.';
    throw new BrokerError('INVALID_REPLICATION_FACTOR', message);
  }
  if (partitions < DEFAULT_COUNT || partitions === 0) {
    const message = 'Number of partitions was set to an invalid non-positive value.';
    throw new BrokerError('INVALID_PARTITIONS', message);
  }
  const byDefault = replicationFactor === DEFAULT_COUNT;
  const replicas = byDefault ? state.broker.get('default.replication.factor') : replicationFactor;
  if (replicas !== 1) throw tooManyReplicas(replicas);
  return partitions === DEFAULT_COUNT ? state.broker.get('num.partitions') : partitions;
}

function tooManyReplicas(replicas: number): BrokerError {
  const reason =
    replicas < 1
      ? `Invalid replication factor ${replicas}: the replication factor must be positive.`
      : `The target replication factor of ${replicas} cannot be reached because only 1 broker(s) are registered.`;
  const message = `Unable to replicate the partition ${replicas} time(s): ${reason}`;
  return new BrokerError('INVALID_REPLICATION_FACTOR', message);
}

function assigned(wanted: NewTopic, brokerId: number): number {
  for (const [field, value] of [
    ['replication factor', wanted.replicationFactor],
    ['numPartitions', wanted.partitions],
  ] as const) {
    if (value === DEFAULT_COUNT) continue;
    const message = `A manual partition assignment was specified, but ${field} was not set to -1.`;
    throw new BrokerError('INVALID_REQUEST', message);
  }
  const seen = new Set<number>();
  for (const { partition, brokerIds } of wanted.assignments) {
    if (seen.has(partition)) {
      const message = `Found multiple manual partition assignments for partition ${partition}`;
      throw new BrokerError('INVALID_REPLICA_ASSIGNMENT', message);
    }
    checkReplicas(brokerIds, brokerId);
    seen.add(partition);
  }
  if (wanted.assignments.some(({ partition }) => partition < 0 || partition >= seen.size)) {
    const message = 'partitions should be a consecutive 0-based integer sequence';
    throw new BrokerError('INVALID_REPLICA_ASSIGNMENT', message);
  }
  return seen.size;
}

/** Refuses replicas other than the one broker there is (ReplicationControlManager.validateManualPartitionAssignment). */
export function checkReplicas(brokerIds: readonly number[], brokerId: number): void {
  const refuse = (what: string): BrokerError =>
    new BrokerError(
      'INVALID_REPLICA_ASSIGNMENT',
      `The manual partition assignment includes ${what}`,
    );
  if (brokerIds.length === 0) throw refuse('an empty replica list.');
  const unknown = brokerIds.find(id => id !== brokerId);
  if (unknown !== undefined) {
    throw refuse(`broker ${unknown}, but no such broker is registered.`);
  }
  if (brokerIds.length > 1) throw refuse(`the broker ${brokerId} more than once.`);
}
