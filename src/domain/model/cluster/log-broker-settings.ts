import { MIB, MINUTE_MS } from '../topic/topic-setting.ts';
import { setting } from './broker-setting.ts';

/** The settings of retention and of the log cleaner, by Kafka's names and defaults (ServerLogConfigs, CleanerConfig). */
export const LOG_BROKER_SETTINGS = {
  'log.cleaner.backoff.ms': setting('long', 15_000, {
    min: 0,
    dynamic: true,
    documentation: 'How long the log cleaner sleeps when there is no log to compact.',
  }),
  'log.cleaner.dedupe.buffer.size': setting('long', 128 * MIB, {
    min: MIB + 1,
    dynamic: true,
    documentation:
      'The most bytes that the log cleaner takes for the offsets of keys; a log with more keys is compacted in several passes.',
  }),
  'log.cleaner.enable': setting('boolean', true, {
    documentation:
      'Whether logs of topics with cleanup.policy=compact are compacted; __consumer_offsets is one of them.',
  }),
  'log.cleaner.io.max.bytes.per.second': setting('double', '1.7976931348623157E308', {
    min: 1,
    dynamic: true,
    documentation: 'The most bytes that the log cleaner reads and writes a second, on average.',
  }),
  'log.retention.check.interval.ms': setting('long', 5 * MINUTE_MS, {
    min: 1,
    documentation: 'How often logs are looked through for what retention may delete.',
  }),
};
