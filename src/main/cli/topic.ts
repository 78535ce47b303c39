import { Command } from 'commander';
import { bootstrapOption, collectPair, formatOption, integerFrom } from './option-parsers.ts';
import type { ClientFlags } from './print.ts';
import type { CreateFlags } from './topic-actions.ts';

const PARTITIONS_MAX = 2_147_483_647;
const REPLICAS_MAX = 32_767;

const EXAMPLES = `
Examples:
  hexlog topic create orders --partitions 3 --config retention.ms=60000
  hexlog topic list
  hexlog topic describe orders --format json
  hexlog topic delete orders --bootstrap broker.example.com:9092`;

/** `hexlog topic`: create, list, describe and delete. */
export function topicCommand(): Command {
  const topic = new Command('topic')
    .description('Create, list, describe and delete topics.')
    .addHelpText('after', EXAMPLES);
  topic.addCommand(createCommand());
  topic.addCommand(listCommand());
  topic.addCommand(describeCommand());
  topic.addCommand(deleteCommand());
  return topic;
}

function createCommand(): Command {
  return clientCommand('create')
    .description('Create a topic.')
    .argument('<name>')
    .option(
      '-p, --partitions <count>',
      "how many partitions (default: the broker's num.partitions)",
      integerFrom(1, PARTITIONS_MAX),
    )
    .option(
      '-r, --replication-factor <count>',
      "how many replicas (default: the broker's default.replication.factor)",
      integerFrom(1, REPLICAS_MAX),
    )
    .option(
      '-c, --config <key=value>',
      'a setting of the topic, such as retention.ms=60000; can be repeated',
      collectPair,
      new Map<string, string>(),
    )
    .option('--if-not-exists', 'be content with a topic that is there already', false)
    .action(async (name: string, flags: CreateFlags) => {
      await (await actions()).create(name, flags);
    });
}

function listCommand(): Command {
  return clientCommand('list')
    .description('List the names of all topics.')
    .action(async (flags: ClientFlags) => {
      await (await actions()).list(flags);
    });
}

function describeCommand(): Command {
  return clientCommand('describe')
    .description(
      'Show partitions with their leaders and offsets, and the configs that were changed.',
    )
    .argument('<name>')
    .action(async (name: string, flags: ClientFlags) => {
      await (await actions()).describe(name, flags);
    });
}

function deleteCommand(): Command {
  return clientCommand('delete')
    .description('Delete a topic and all of its records.')
    .argument('<name>')
    .action(async (name: string, flags: ClientFlags) => {
      await (await actions()).remove(name, flags);
    });
}

function clientCommand(name: string): Command {
  return new Command(name).addOption(bootstrapOption()).addOption(formatOption());
}

/** Loaded when a topic command runs, so that no other command waits for it. */
function actions() {
  return import('./topic-actions.ts');
}
