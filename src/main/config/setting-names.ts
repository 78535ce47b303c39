import { ALL_BROKER_SETTINGS, synonymsOf } from '../../domain/model/cluster/broker-settings.ts';
import {
  TOPIC_SETTING_NAMES,
  type TopicSettingName,
} from '../../domain/model/topic/topic-config.ts';
import { ConfigError } from './config-error.ts';
import { OWN_SETTING_NAMES } from './own-settings.ts';

/** Every key that can be given: Hexlog's own, then the broker settings of Kafka. */
export const SETTING_NAMES: readonly string[] = [
  ...OWN_SETTING_NAMES,
  ...ALL_BROKER_SETTINGS.keys(),
];

/** `num.partitions` is `HEXLOG_NUM_PARTITIONS` in the environment. */
export function environmentName(key: string): string {
  return `HEXLOG_${key.toUpperCase().replaceAll('.', '_')}`;
}

/** A line that says that nobody knows this name, and which one may have been meant. */
export function unknownSetting(key: string, text: string, origin: string): ConfigError {
  const meant = nearestSetting(key);
  const hint = meant === null ? '' : `did you mean ${meant}? `;
  return new ConfigError(
    `${key} = ${JSON.stringify(text)} (${origin}) is no setting: ${hint}` +
      'allowed are those that "hexlog serve --help" lists',
  );
}

/** A topic's setting is given to a broker by another name; else a name that is at most three typing errors away. */
export function nearestSetting(key: string): string | null {
  const topicSetting = TOPIC_SETTING_NAMES.find(name => name === key);
  if (topicSetting !== undefined) return brokerNameOf(topicSetting);
  return nearest(key, SETTING_NAMES);
}

/** The word that is at most three typing errors away, if there is one. */
export function nearest(word: string, words: readonly string[]): string | null {
  let best: string | null = null;
  let least = 4;
  for (const candidate of words) {
    const distance = editDistance(word, candidate);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

function brokerNameOf(name: TopicSettingName): string | null {
  return synonymsOf(name)[0]?.name ?? null;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, above[j]! + 1, row[j - 1]! + 1));
    }
  }
  return row[b.length]!;
}
