import { Command, Option } from 'commander';
import type { ProduceFlags } from './produce-lines.ts';
import { bootstrapOption, collectPair, integerFrom, nonEmpty } from './option-parsers.ts';

const PARTITION_MAX = 2_147_483_647;

const HELP = `
Each line is a record: its bytes without the line feed are the value. With --key-delimiter, what comes before the first delimiter
is the key; a line without one is a value without a key. Records with the same key go to the same partition, the one that
Kafka's own clients choose; those without a key share one partition per batch. What was read is sent at once, and no more is read
until the broker has taken it.

Examples:
  echo 'k1:hello' | hexlog produce orders --key-delimiter :
  hexlog produce logs --compression zstd --header host=web-1 < access.log`;

/** `hexlog produce`: one record per line of stdin. */
export function produceCommand(): Command {
  return new Command('produce')
    .description('Write the lines of stdin to a topic.')
    .argument('<topic>')
    .addOption(bootstrapOption())
    .option('-k, --key-delimiter <text>', 'what parts the key from the value', nonEmpty)
    .option('-p, --partition <number>', 'write to this one only', integerFrom(0, PARTITION_MAX))
    .addOption(
      new Option('--acks <acks>', 'who must have the records: all replicas, the leader, nobody')
        .choices(['all', '1', '0'])
        .default('all'),
    )
    .option(
      '-H, --header <key=value>',
      'a header of every record; can be repeated',
      collectPair,
      new Map<string, string>(),
    )
    .addOption(
      new Option('-z, --compression <codec>', 'how to compress')
        .choices(['none', 'gzip', 'snappy', 'lz4', 'zstd'])
        .default('none'),
    )
    .addHelpText('after', HELP)
    .action(async (topic: string, flags: ProduceFlags) => {
      // Loaded now, so that no other command waits for it.
      const { produce } = await import('./produce-lines.ts');
      await produce(topic, flags);
    });
}
