import type { Setting, ValueOf } from '../config/setting.ts';
import { DAY_MS, MIB, MINUTE_MS } from '../topic/topic-setting.ts';
import { TOPIC_SETTINGS, type TopicSettingName } from '../topic/topic-config.ts';
import { setting, type BrokerSetting } from './broker-setting.ts';
import { GROUP_BROKER_SETTINGS } from './group-broker-settings.ts';
import { LOG_BROKER_SETTINGS } from './log-broker-settings.ts';

const INT_MAX = 2_147_483_647;

/**
 * The settings of the broker itself that something reads: Kafka's by Kafka's names and defaults (ServerConfigs,
 * ServerLogConfigs, SocketServerConfigs), and Hexlog's own `flush.` ones. How safe an acknowledgement is, is not for clients to
 * change: those are not dynamic.
 */
export const BROKER_SETTINGS = {
  ...GROUP_BROKER_SETTINGS,
  ...LOG_BROKER_SETTINGS,
  'auto.create.topics.enable': setting('boolean', true, {
    documentation: 'Whether asking for a topic that is not there creates it.',
  }),
  'connections.max.idle.ms': setting('long', 10 * MINUTE_MS, {
    documentation: 'How long a connection may be silent before it is closed.',
  }),
  'default.replication.factor': setting('int', 1, {
    documentation: 'The replication factor of topics that are created without one.',
  }),
  'delete.topic.enable': setting('boolean', true, {
    documentation: 'Whether clients may delete topics.',
  }),
  'fetch.max.bytes': setting('int', 55 * MIB, {
    min: 1024,
    documentation: 'The most bytes that one fetch is answered with.',
  }),
  'flush.interval.ms': setting('long', 1000, {
    min: 1,
    documentation: 'How often the logs are forced to disk where flush.policy is interval.',
  }),
  'flush.policy': setting('string', 'acks-all', {
    oneOf: ['acks-all', 'interval', 'never'],
    documentation:
      'When records are forced to disk: before acks=all is answered, at an interval, or whenever the system likes.',
  }),
  'max.connections': setting('int', INT_MAX, {
    min: 0,
    dynamic: true,
    documentation: 'The most connections that are open at one time.',
  }),
  'max.incremental.fetch.session.cache.slots': setting('int', 1000, {
    min: 0,
    documentation: 'The most incremental fetch sessions that are kept.',
  }),
  'max.request.partition.size.limit': setting('int', 2000, {
    min: 1,
    documentation: 'The most partitions that one description of topics is answered with.',
  }),
  'num.partitions': setting('int', 1, {
    min: 1,
    documentation: 'The number of partitions of topics that are created without one.',
  }),
  'producer.id.expiration.ms': setting('int', DAY_MS, {
    min: 1,
    dynamic: true,
    documentation: 'How long the sequence numbers of a silent idempotent producer are kept.',
  }),
  'socket.request.max.bytes': setting('int', 100 * MIB, {
    min: 1,
    documentation: 'The largest request that is taken, in bytes.',
  }),
};

export type BrokerSettingName = keyof typeof BROKER_SETTINGS;
export type BrokerSettings = {
  readonly [N in BrokerSettingName]: ValueOf<(typeof BROKER_SETTINGS)[N]>;
};

/** A broker setting that topics take a default from; one of it is `unit` of the topic setting. */
export interface SynonymOf {
  readonly name: string;
  readonly unit: number;
}

/** The broker settings below a topic setting, the strongest first. */
export function synonymsOf(name: TopicSettingName): readonly SynonymOf[] {
  return TOPIC_SETTINGS[name].synonyms.map(synonym => {
    return typeof synonym === 'string'
      ? { name: synonym, unit: 1 }
      : { name: synonym[0], unit: synonym[1] };
  });
}

/**
 * The weakest synonym holds the default, the others have none; only the strongest is dynamic (DynamicLogConfig). In a broker's
 * unit the bounds shrink, so that `log.roll.hours` is at least 1.
 */
function synonymSettings(name: TopicSettingName): [string, BrokerSetting][] {
  const topicSetting: Setting = TOPIC_SETTINGS[name];
  const synonyms = synonymsOf(name);
  return synonyms.map(({ name: brokerName, unit }, rank) => {
    const weakest = rank === synonyms.length - 1;
    const plain = { ...topicSetting, dynamic: rank === 0 };
    const initial = weakest ? topicSetting.initial : null;
    const documentation = `The default of the topic setting ${name}. ${topicSetting.documentation}`;
    if (unit === 1) return [brokerName, { ...plain, initial, documentation }];
    const inUnits = initial === null ? null : String(Number(initial) / unit);
    // Below zero there is only -1, "no bound", which has no unit.
    const least = topicSetting.min ?? 0;
    const min = least < 0 ? -1 : Math.ceil(least / unit);
    return [brokerName, { type: 'int', initial: inUnits, min, dynamic: false, documentation }];
  });
}

/** All broker settings by name: the broker's own, and the defaults of topics. */
export const ALL_BROKER_SETTINGS: ReadonlyMap<string, BrokerSetting> = new Map<
  string,
  BrokerSetting
>([
  ...Object.entries(BROKER_SETTINGS),
  ...(Object.keys(TOPIC_SETTINGS) as TopicSettingName[]).flatMap(synonymSettings),
]);
