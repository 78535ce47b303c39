import { MIB } from '../topic/topic-setting.ts';
import { setting } from './broker-setting.ts';

const INT_MAX = 2_147_483_647;

/** The settings of groups and of the topic that they are kept in, by Kafka's names and defaults (GroupCoordinatorConfig). */
export const GROUP_BROKER_SETTINGS = {
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
