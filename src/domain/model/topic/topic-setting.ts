import type { Setting, SettingType, SettingValue } from '../config/setting.ts';

/** A broker setting that gives a topic setting its default: the name, and how many topic units one broker unit is. */
export type Synonym = string | readonly [name: string, unit: number];

/** A topic setting, with the broker settings below it, the strongest first (ServerTopicConfigSynonyms). */
export interface TopicSetting extends Setting {
  readonly synonyms: readonly Synonym[];
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const MIB = 1024 * 1024;

/** Kafka's Long.MAX_VALUE: no bound. */
export const UNBOUNDED = '9223372036854775807';

/** A setting whose default the broker setting `synonym` gives. */
export function setting<const T extends SettingType, const R extends Partial<Setting>>(
  type: T,
  initial: string | number | boolean,
  given: { synonyms: readonly Synonym[]; documentation: string } & R,
) {
  return { type, initial: String(initial), ...given };
}

const REPLICAS = /^(\d+:\d+)?$/;

/** Kafka's ThrottledReplicaListValidator. */
export function refusesReplicas(value: SettingValue): string | null {
  const words = Array.isArray(value) ? (value as readonly string[]) : [];
  if (words.every(word => REPLICAS.test(word)) || words.join('') === '*') return null;
  return "must be the literal '*' or a list of replicas: [partition]:[broker],[partition]:[broker],...";
}

/** java.util.zip.Deflater: a level from 1 to 9, or -1 for its own default (CompressionType.GZIP.levelValidator). */
export function refusesGzipLevel(value: SettingValue): string | null {
  if (value === -1 || (Number(value) >= 1 && Number(value) <= 9)) return null;
  return 'Value must be between 1 and 9 or equal to -1';
}
