import { BrokerError } from '../error.ts';
import { canonicalText, parseSetting, type SettingValue } from '../config/setting.ts';
import {
  TOPIC_SETTINGS,
  checkTopicConfigs,
  type Configs,
  type TopicSettingName,
} from '../topic/topic-config.ts';
import type { BrokerSetting } from './broker-setting.ts';
import { groupSettingsProblem } from './group-broker-settings.ts';
import {
  ALL_BROKER_SETTINGS,
  synonymsOf,
  type BrokerSettingName,
  type BrokerSettings,
} from './broker-settings.ts';

/** Where a value comes from, the strongest first (KIP-226). */
export type ConfigSource =
  | 'DYNAMIC_TOPIC_CONFIG'
  | 'DYNAMIC_BROKER_CONFIG'
  | 'DYNAMIC_DEFAULT_BROKER_CONFIG'
  | 'STATIC_BROKER_CONFIG'
  | 'DEFAULT_CONFIG';

export interface SourcedValue {
  readonly name: string;
  readonly value: string;
  readonly source: ConfigSource;
}

/** Whose dynamic settings: this broker's, or those of all brokers of the cluster. */
export type BrokerScope = 'broker' | 'cluster';

const NO_CONFIGS: Configs = new Map();

/** The definition of a broker setting; throws INVALID_CONFIG for a name that is none. */
export function brokerSetting(name: string): BrokerSetting {
  const found = ALL_BROKER_SETTINGS.get(name);
  if (found) return found;
  throw new BrokerError('INVALID_CONFIG', `Unknown broker config name: ${name}`);
}

/** Refuses settings with an unknown name or a bad value, with INVALID_CONFIG and a line that says which and why. */
export function checkBrokerConfigs(configs: Configs): void {
  for (const [name, text] of configs) parseSetting(name, brokerSetting(name), text);
}

/**
 * The broker's settings in their layers: altered for this broker, altered for the cluster, given at start, default. Values are
 * parsed once per change.
 */
export class BrokerConfig {
  readonly #static: Configs;
  #ofBroker: Configs = NO_CONFIGS;
  #ofCluster: Configs = NO_CONFIGS;
  readonly #parsed = new Map<string, SettingValue>();
  readonly #topicDefaults = new Map<TopicSettingName, string>();

  /** Throws INVALID_CONFIG when a setting given at start is not valid. */
  constructor(given: Configs) {
    checkBrokerConfigs(given);
    this.#static = given;
    this.checkTopicDefaults();
    this.#checkGroups();
  }

  /** The value that applies now. */
  get<N extends BrokerSettingName>(name: N): BrokerSettings[N] {
    let value = this.#parsed.get(name);
    if (value === undefined) {
      const setting = brokerSetting(name);
      value = parseSetting(name, setting, this.sources(name)[0]?.value ?? '');
      this.#parsed.set(name, value);
    }
    return value as BrokerSettings[N];
  }

  /** The values of one setting, layer by layer, the one that applies first. */
  sources(name: string): SourcedValue[] {
    const setting = brokerSetting(name);
    const layers: [ConfigSource, string | null | undefined][] = [
      ['DYNAMIC_BROKER_CONFIG', this.#ofBroker.get(name)],
      ['DYNAMIC_DEFAULT_BROKER_CONFIG', this.#ofCluster.get(name)],
      ['STATIC_BROKER_CONFIG', this.#static.get(name)],
      ['DEFAULT_CONFIG', setting.initial],
    ];
    return layers.flatMap(([source, text]) => {
      return text === null || text === undefined
        ? []
        : [{ name, value: canonicalText(setting, text), source }];
    });
  }

  /** The default of a topic setting, as text. Every topic asks for every one, so answers are kept until the next change. */
  readonly topicDefault = (name: TopicSettingName): string => {
    let text = this.#topicDefaults.get(name);
    if (text === undefined) {
      text = this.#findTopicDefault(name);
      this.#topicDefaults.set(name, text);
    }
    return text;
  };

  /** The dynamic settings of one scope, as text. */
  altered(scope: BrokerScope): Configs {
    return scope === 'broker' ? this.#ofBroker : this.#ofCluster;
  }

  /** Replaces the dynamic settings of one scope. */
  alter(scope: BrokerScope, configs: Configs): void {
    if (scope === 'broker') this.#ofBroker = configs;
    else this.#ofCluster = configs;
    this.#parsed.clear();
    this.#topicDefaults.clear();
  }

  /** What this would be with other dynamic settings, to see whether they go together. */
  with(scope: BrokerScope, configs: Configs): BrokerConfig {
    const copy = new BrokerConfig(this.#static);
    copy.alter('broker', this.#ofBroker);
    copy.alter('cluster', this.#ofCluster);
    copy.alter(scope, configs);
    return copy;
  }

  /** Refuses defaults of topics that do not go together, with INVALID_CONFIG. */
  checkTopicDefaults(): void {
    checkTopicConfigs(NO_CONFIGS, this.topicDefault);
  }

  /** None of these settings is dynamic, so it is enough to check them at start. */
  #checkGroups(): void {
    const problem = groupSettingsProblem(name => this.get(name));
    if (problem !== null) throw new BrokerError('INVALID_CONFIG', problem);
  }

  #findTopicDefault(name: TopicSettingName): string {
    for (const { name: brokerName, unit } of synonymsOf(name)) {
      const value = this.sources(brokerName)[0]?.value;
      if (value === undefined) continue;
      // "No bound" is -1 in any unit.
      return unit === 1 || value === '-1' ? value : String(Number(value) * unit);
    }
    return TOPIC_SETTINGS[name].initial;
  }
}
