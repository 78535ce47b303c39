import { MIB } from '../topic/topic-setting.ts';
import { setting } from './broker-setting.ts';

const INT_MAX = 2_147_483_647;

/** Kafka takes them in upper case, too. */
const MIGRATION_POLICIES = ['disabled', 'downgrade', 'upgrade', 'bidirectional'];

/** The settings of groups and of the topic that they are kept in, by Kafka's names and defaults (GroupCoordinatorConfig). */
export const GROUP_BROKER_SETTINGS = {
  'group.consumer.assignors': setting('list', 'uniform,range', {
    oneOf: ['uniform', 'range'],
    refuses: value => {
      const names = value as readonly string[];
      if (names.length === 0) return 'Configuration cannot be empty';
      return new Set(names).size < names.length ? 'Configuration has duplicates' : null;
    },
    documentation: 'The assignors of consumer groups; the first is for members that name none.',
  }),
  'group.consumer.heartbeat.interval.ms': setting('int', 5000, {
    min: 1,
    documentation: 'How often members of consumer groups are to heartbeat.',
  }),
  'group.consumer.max.heartbeat.interval.ms': setting('int', 15_000, {
    min: 1,
    documentation: 'The most that group.consumer.heartbeat.interval.ms may be.',
  }),
  'group.consumer.max.session.timeout.ms': setting('int', 60_000, {
    min: 1,
    documentation: 'The most that group.consumer.session.timeout.ms may be.',
  }),
  'group.consumer.max.size': setting('int', INT_MAX, {
    min: 1,
    documentation: 'The most members of one consumer group.',
  }),
  'group.consumer.migration.policy': setting('string', 'bidirectional', {
    refuses: value =>
      MIGRATION_POLICIES.includes(String(value).toLowerCase())
        ? null
        : `String must be one of (case insensitive): ${MIGRATION_POLICIES.join(', ')}`,
    documentation: 'Which groups with members may change from one protocol to the other.',
  }),
  'group.consumer.min.heartbeat.interval.ms': setting('int', 5000, {
    min: 1,
    documentation: 'The least that group.consumer.heartbeat.interval.ms may be.',
  }),
  'group.consumer.min.session.timeout.ms': setting('int', 45_000, {
    min: 1,
    documentation: 'The least that group.consumer.session.timeout.ms may be.',
  }),
  'group.consumer.session.timeout.ms': setting('int', 45_000, {
    min: 1,
    documentation: 'How long a member of a consumer group may be silent.',
  }),
  'group.initial.rebalance.delay.ms': setting('int', 3000, {
    min: 0,
    documentation:
      'How long the first rebalance of an empty group waits for more members; 0 for an embedded broker.',
  }),
  'group.max.session.timeout.ms': setting('int', 1_800_000, {
    documentation: 'The longest session timeout that members of classic groups may ask for.',
  }),
  'group.max.size': setting('int', INT_MAX, {
    min: 1,
    documentation: 'The most members of one classic group.',
  }),
  'group.min.session.timeout.ms': setting('int', 6000, {
    documentation: 'The shortest session timeout that members of classic groups may ask for.',
  }),
  'offset.metadata.max.bytes': setting('int', 4096, {
    documentation: 'The longest metadata that may be committed with an offset.',
  }),
  'offsets.retention.check.interval.ms': setting('long', 600_000, {
    min: 1,
    documentation: 'How often offsets that are too old are looked for.',
  }),
  'offsets.retention.minutes': setting('int', 7 * 24 * 60, {
    min: 1,
    documentation:
      'How long committed offsets are kept after their group became empty, or after the commit where nobody subscribes.',
  }),
  'offsets.topic.num.partitions': setting('int', 50, {
    min: 1,
    documentation: 'The number of partitions of __consumer_offsets when it is created.',
  }),
  'offsets.topic.segment.bytes': setting('int', 100 * MIB, {
    min: MIB,
    documentation: 'The segment size of __consumer_offsets when it is created.',
  }),
};

type GroupNumber =
  `group.consumer.${'' | 'min.' | 'max.'}${'heartbeat.interval' | 'session.timeout'}.ms`;

/** Pairs of which the first must not be more than the second (the constructor of GroupCoordinatorConfig). */
const ASCENDING: readonly (readonly [GroupNumber, GroupNumber])[] = [
  ['group.consumer.min.heartbeat.interval.ms', 'group.consumer.max.heartbeat.interval.ms'],
  ['group.consumer.min.heartbeat.interval.ms', 'group.consumer.heartbeat.interval.ms'],
  ['group.consumer.heartbeat.interval.ms', 'group.consumer.max.heartbeat.interval.ms'],
  ['group.consumer.min.session.timeout.ms', 'group.consumer.max.session.timeout.ms'],
  ['group.consumer.min.session.timeout.ms', 'group.consumer.session.timeout.ms'],
  ['group.consumer.session.timeout.ms', 'group.consumer.max.session.timeout.ms'],
];

/** Why the settings do not go together, or null. */
export function groupSettingsProblem(get: (name: GroupNumber) => number): string | null {
  for (const [least, most] of ASCENDING) {
    if (get(least) <= get(most)) continue;
    return `${least} (${get(least)}) must be no more than ${most} (${get(most)})`;
  }
  const interval = 'group.consumer.heartbeat.interval.ms';
  const timeout = 'group.consumer.session.timeout.ms';
  if (get(interval) < get(timeout)) return null;
  return `${interval} (${get(interval)}) must be less than ${timeout} (${get(timeout)})`;
}
