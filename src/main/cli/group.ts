import { Command, InvalidArgumentError, Option } from 'commander';
import { parseFrom } from './consume.ts';
import type { ListFlags } from './group-actions.ts';
import type { SeekFlags } from './group-seek.ts';
import { bootstrapOption, formatOption, integerFrom, nonEmpty } from './option-parsers.ts';
import type { ClientFlags } from './print.ts';

const PARTITION_MAX = 2_147_483_647;
const STATES = [
  'Empty',
  'PreparingRebalance',
  'CompletingRebalance',
  'Stable',
  'Dead',
  'Assigning',
  'Reconciling',
];

const EXAMPLES = `
Examples:
  hexlog group list --state Stable --state Empty
  hexlog group describe billing --format json
  hexlog group seek billing --topic orders --to start
  hexlog group delete billing`;

const SEEK_HELP = `
Moves where the group goes on reading a topic. It must have no members meanwhile. A dry run, unless --no-dry or --execute is
given: prints what is and what would be, and changes nothing.

  --to start           the oldest record that is kept
  --to end             only what comes from now on
  --to 42              offset 42
  --to 2026-01-31T12:00:00Z
                       the first record at or after this time

Examples:
  hexlog group seek billing --topic orders --to 2026-01-31T12:00:00Z
  hexlog group seek billing --topic orders --partition 0 --to 42 --no-dry`;

/** `hexlog group`: list, describe, seek and delete. */
export function groupCommand(): Command {
  const group = new Command('group')
    .description('List, describe, move and delete consumer groups.')
    .addHelpText('after', EXAMPLES);
  group.addCommand(listCommand());
  group.addCommand(describeCommand());
  group.addCommand(seekCommand());
  group.addCommand(deleteCommand());
  return group;
}

function listCommand(): Command {
  return clientCommand('list')
    .description('List all groups with their states.')
    .option('-s, --state <state>', 'only those in this state; can be repeated', collectState, [])
    .action(async (flags: ListFlags) => {
      await (await actions()).list(flags);
    });
}

function describeCommand(): Command {
  return clientCommand('describe')
    .description('Show what a group has committed, how far it lags, and who its members are.')
    .argument('<name>')
    .action(async (name: string, flags: ClientFlags) => {
      await (await actions()).describe(name, flags);
    });
}

function seekCommand(): Command {
  return clientCommand('seek')
    .description('Move where a group without members goes on reading.')
    .argument('<name>', 'the group', nonEmpty)
    .requiredOption('-t, --topic <topic>', 'the topic')
    .requiredOption('-o, --to <where>', 'start, end, an offset, or a time', parseFrom)
    .option('-p, --partition <number>', 'move this one only', integerFrom(0, PARTITION_MAX))
    .option('--dry', 'change nothing, and show what would change', true)
    .option('--no-dry', 'change it')
    .addOption(new Option('--execute', 'change it, as kafka-consumer-groups says').conflicts('dry'))
    .addHelpText('after', SEEK_HELP)
    .action(async (name: string, { execute, ...flags }: SeekFlags & { execute?: true }) => {
      const { seek } = await import('./group-seek.ts');
      await seek(name, { ...flags, dry: flags.dry && execute !== true });
    });
}

function deleteCommand(): Command {
  return clientCommand('delete')
    .description('Delete a group without members, and all that it has committed.')
    .argument('<name>')
    .action(async (name: string, flags: ClientFlags) => {
      await (await actions()).remove(name, flags);
    });
}

function clientCommand(name: string): Command {
  return new Command(name).addOption(bootstrapOption()).addOption(formatOption());
}

/** Upper and lower case are the same, as for the broker. */
function collectState(text: string, before: readonly string[]): string[] {
  const state = STATES.find(one => one.toLowerCase() === text.toLowerCase());
  if (state !== undefined) return [...before, state];
  throw new InvalidArgumentError(`Allowed choices are ${STATES.join(', ')}.`);
}

/** Loaded when a group command runs, so that no other command waits for it. */
function actions() {
  return import('./group-actions.ts');
}
