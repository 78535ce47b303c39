import { Command, InvalidArgumentError, Option } from 'commander';
import type { From } from '../../adapters/transport/kafka/client/offsets.ts';
import type { ConsumeFlags } from './consume-records.ts';
import { bootstrapOption, formatOption, integerFrom, nonEmpty } from './option-parsers.ts';

const PARTITION_MAX = 2_147_483_647;
const ISO_TIME = /^\d{4}-\d\d-\d\d([T ][\d:.]+(Z|[+-]\d\d:?\d\d)?)?$/;

const HELP = `
Reads until --count records were printed, or with --exit until the end that the topic had when this began; without either it
goes on with what comes, until Ctrl-C.

  --from start         the oldest record that is kept (the default)
  --from end           only what comes from now on
  --from 42            offset 42
  --from 2026-01-31T12:00:00Z
                       the first record at or after this time

With --group it reads as a member of that group: the partitions are shared with the other members, and it goes on where the group
left off; --from is for partitions of which the group has committed nothing. What was printed is committed, at Ctrl-C too.

Text is a value per line, after the key where --key-delimiter is given. JSON is an object per line: topic, partition, offset,
timestamp (milliseconds), key, value, headers. Keys and values that are not UTF-8 are shown in base64: in text after
"base64:", in JSON as {"base64": "..."}. JSON shows a key or value that is null as null, text as nothing.

Examples:
  hexlog consume orders --from start --partition 0 --count 10 --format json
  hexlog consume orders --from end
  hexlog consume orders --group billing
  hexlog consume orders --exit | wc -l`;

/** `hexlog consume`: prints the records of a topic. */
export function consumeCommand(): Command {
  return new Command('consume')
    .description('Print the records of a topic.')
    .argument('<topic>')
    .addOption(bootstrapOption())
    .option('-o, --from <where>', 'start, end, an offset, or a time', parseFrom, 'start')
    .option('-p, --partition <number>', 'read this one only', integerFrom(0, PARTITION_MAX))
    .addOption(
      new Option('-g, --group <name>', 'read as a member of this group')
        .argParser(nonEmpty)
        .conflicts('partition'),
    )
    .option('-n, --count <number>', 'stop after so many', integerFrom(1, Number.MAX_SAFE_INTEGER))
    .option('-e, --exit', 'stop at the end instead of waiting for more', false)
    .option('-k, --key-delimiter <text>', 'print the key and this before the value, in text')
    .addOption(formatOption())
    .addHelpText('after', HELP)
    .action(async (topic: string, flags: ConsumeFlags) => {
      // Loaded now, so that no other command waits for it.
      if (flags.group !== undefined) {
        const { consumeInGroup } = await import('./consume-group.ts');
        return consumeInGroup(topic, { ...flags, group: flags.group });
      }
      const { consume } = await import('./consume-records.ts');
      await consume(topic, flags);
    });
}

/** Reads what `--from` was given. */
export function parseFrom(text: string): From {
  if (text === 'start' || text === 'end') return text;
  const offset = /^\d+$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(offset)) return { offset };
  const timestamp = ISO_TIME.test(text) ? Date.parse(text) : NaN;
  if (timestamp >= 0) return { timestamp };
  throw new InvalidArgumentError(
    'Allowed is start, end, an offset, or a time such as 2026-01-31T12:00:00Z.',
  );
}
