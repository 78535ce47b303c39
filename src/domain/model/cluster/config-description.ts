import { BrokerError } from '../error.ts';
import { canonicalText, type Setting, type SettingType } from '../config/setting.ts';
import { TOPIC_SETTINGS, TOPIC_SETTING_NAMES, type Configs } from '../topic/topic-config.ts';
import {
  brokerSetting,
  type BrokerConfig,
  type ConfigSource,
  type SourcedValue,
} from './broker-config.ts';
import { ALL_BROKER_SETTINGS, synonymsOf } from './broker-settings.ts';
import { existingTopic, scopeOf, type Resource } from './config-change.ts';
import type { ClusterMetadata } from './metadata.ts';

/** One setting as administrators see it. `synonyms` are all the values that stand for it, the one that applies first. */
export interface ConfigDescription {
  readonly name: string;
  readonly value: string | null;
  readonly source: ConfigSource;
  readonly type: SettingType;
  readonly readOnly: boolean;
  /** The value is a secret and is not shown. */
  readonly sensitive: boolean;
  readonly synonyms: readonly SourcedValue[];
  readonly documentation: string;
}

/** All settings of one resource, sorted by name; throws Kafka's errors for a resource that is none (ConfigHelper). */
export function describeResource(
  resource: Resource,
  context: { state: ClusterMetadata; brokerId: number },
): ConfigDescription[] {
  const { state, brokerId } = context;
  const { type, name } = resource;
  switch (type) {
    case 'TOPIC':
      return describeTopicConfigs(existingTopic(name, state).configs, state.broker);
    case 'BROKER':
      return scopeOf(name, brokerId) === 'cluster'
        ? describeCluster(state.broker)
        : describeBroker(state.broker);
    case 'BROKER_LOGGER':
      if (name === '') throw refuse('Broker id must not be empty');
      scopeOf(name, brokerId);
      return [];
    case 'CLIENT_METRICS':
      if (name === '') throw refuse('Client metrics subscription name must not be empty');
      return [];
    case 'GROUP':
      if (name === '') throw refuse('Group name must not be empty');
      return [];
    case 'UNKNOWN':
      throw refuse('Unsupported resource type: UNKNOWN');
  }
}

/** The settings that a topic with these of its own has. */
export function describeTopicConfigs(own: Configs, broker: BrokerConfig): ConfigDescription[] {
  return TOPIC_SETTING_NAMES.map(name => {
    const setting = TOPIC_SETTINGS[name];
    const ownText = own.get(name);
    const value = canonicalText(setting, ownText ?? broker.topicDefault(name));
    const below = synonymsOf(name).flatMap(synonym => broker.sources(synonym.name));
    const synonyms: SourcedValue[] =
      ownText === undefined ? below : [{ name, value, source: 'DYNAMIC_TOPIC_CONFIG' }, ...below];
    return description(name, setting, { value, synonyms, readOnly: false });
  });
}

function describeBroker(broker: BrokerConfig): ConfigDescription[] {
  return [...ALL_BROKER_SETTINGS.keys()].sort().map(name => {
    return describeBrokerSetting(name, broker.sources(name));
  });
}

/** Only what was altered for all brokers. */
function describeCluster(broker: BrokerConfig): ConfigDescription[] {
  const names = [...broker.altered('cluster').keys()].sort();
  return names.map(name => {
    const sources = broker.sources(name);
    return describeBrokerSetting(
      name,
      sources.filter(({ source }) => source === 'DYNAMIC_DEFAULT_BROKER_CONFIG'),
    );
  });
}

function describeBrokerSetting(name: string, synonyms: readonly SourcedValue[]): ConfigDescription {
  const setting = brokerSetting(name);
  const value = synonyms[0]?.value ?? null;
  return description(name, setting, { value, synonyms, readOnly: !setting.dynamic });
}

function description(
  name: string,
  setting: Setting,
  found: Pick<ConfigDescription, 'value' | 'synonyms' | 'readOnly'>,
): ConfigDescription {
  const { type, documentation } = setting;
  const source = found.synonyms[0]?.source ?? 'DEFAULT_CONFIG';
  return { name, ...found, source, type, sensitive: false, documentation };
}

function refuse(message: string): BrokerError {
  return new BrokerError('INVALID_REQUEST', message);
}
