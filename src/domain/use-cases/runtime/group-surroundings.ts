import type { BrokerConfig } from '../../model/cluster/broker-config.ts';
import { regexCache } from '../../model/group/consumer/regex-cache.ts';
import type { ConsumerGroupSettings } from '../../model/group/consumer/environment.ts';
import type { GroupSettings, MigrationPolicy } from '../../model/group/group-settings.ts';
import type { GroupSurroundings } from '../../model/group/group-surroundings.ts';
import { OFFSETS_TOPIC } from '../../model/topic/topic-name.ts';
import type { ConsumerProtocol } from '../../../ports/consumer-protocol.ts';
import type { Regex } from '../../../ports/regex.ts';
import type { MetadataLog } from './metadata-log.ts';

/** What a record needs beside the group that it stores, in a batch of its own. */
const BATCH_OVERHEAD_BYTES = 256;

export interface GroupSurroundingsParts {
  readonly metadata: MetadataLog;
  readonly consumerProtocol: ConsumerProtocol;
  readonly regex: Regex;
}

/** The broker as decisions on groups see it, one for all coordinators. */
export function groupSurroundings(parts: GroupSurroundingsParts): GroupSurroundings {
  const { metadata, consumerProtocol, regex } = parts;
  return {
    settings: groupSettings(metadata),
    topics: metadata.state,
    compileRegex: regexCache(expression => regex.compile(expression)),
    embedded: consumerProtocol,
  };
}

function groupSettings({ state }: MetadataLog): GroupSettings {
  const { broker } = state;
  return {
    consumer: consumerSettings(broker),
    get maxSize() {
      return broker.get('group.max.size');
    },
    get initialRebalanceDelayMs() {
      return broker.get('group.initial.rebalance.delay.ms');
    },
    get offsetMetadataMaxBytes() {
      return broker.get('offset.metadata.max.bytes');
    },
    get offsetsRetentionMs() {
      return broker.get('offsets.retention.minutes') * 60_000;
    },
    get offsetsRetentionCheckMs() {
      return broker.get('offsets.retention.check.interval.ms');
    },
    get maxEventBytes() {
      const topic = state.topicNamed(OFFSETS_TOPIC);
      return (topic?.maxMessageBytes ?? 0) - BATCH_OVERHEAD_BYTES;
    },
    get migrationPolicy() {
      return broker.get('group.consumer.migration.policy').toLowerCase() as MigrationPolicy;
    },
  };
}

function consumerSettings(broker: BrokerConfig): ConsumerGroupSettings {
  return {
    get sessionTimeoutMs() {
      return broker.get('group.consumer.session.timeout.ms');
    },
    get heartbeatIntervalMs() {
      return broker.get('group.consumer.heartbeat.interval.ms');
    },
    get maxSize() {
      return broker.get('group.consumer.max.size');
    },
    get assignors() {
      return broker.get('group.consumer.assignors');
    },
  };
}
