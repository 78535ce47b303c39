import { Command, Option } from 'commander';
import { STORAGE_ENGINES } from '../broker-options.ts';
import { formatOption } from './option-parsers.ts';
import type { BackupFlags, RestoreFlags } from './storage-backup.ts';
import type { ShownFlags, StoreFlags } from './storage-flags.ts';
import type { MigrateFlags } from './storage-migrate.ts';

const ENGINES = STORAGE_ENGINES.filter(name => name !== 'memory');

const EXAMPLES = `
Examples:
  hexlog storage verify --data-dir ./data
  hexlog storage stats --json
  hexlog storage migrate --from segment-files --to ${ENGINES[1] ?? ENGINES[0]} --data-dir ./data
  hexlog storage backup --to ./backups/monday
  hexlog storage restore --from ./backups/monday --data-dir ./data

Exit codes: 0 done and nothing wrong, 1 failed or something is wrong, 2 wrong usage.`;

const VERIFY_HELP = `
Walks every batch of every log: checksums, order, counts, the records in compressed batches too, leader epochs, and what the engine
keeps beside them. A line says what is wrong: topic, partition, offset, and where it lies. No broker may run on the directory. Nothing
is changed, except that a store which was not closed in good order is recovered first, as at a start.`;

const MIGRATE_HELP = `
Copies everything, byte for byte: all topics, groups and settings keep their offsets. The source is only read; the copy is a new
directory, which is used when it is whole and not before. A migration that was interrupted goes on where it was when it is run
again. No broker may run on either directory. What is left out as damaged keeps its offsets: no other record gets them.`;

const BACKUP_HELP = `
Copies all that was committed at one instant into a new directory, while a broker on the data directory goes on serving, or without
one. The broker itself writes the backup, with its own permissions. A backup is a store of segment files with a backup.json, which
is written last: without it, what is there is no backup. It says what each log holds, which a restore compares. What is left out as
damaged keeps its offsets: no other record gets them.`;

/** `hexlog storage`: verify, stats, migrate, backup and restore. */
export function storageCommand(): Command {
  const storage = new Command('storage')
    .description('Check, measure, copy and back up what a broker has stored.')
    .addHelpText('after', EXAMPLES);
  storage.addCommand(verifyCommand());
  storage.addCommand(statsCommand());
  storage.addCommand(migrateCommand());
  storage.addCommand(backupCommand());
  storage.addCommand(restoreCommand());
  return storage;
}

function verifyCommand(): Command {
  return withJson(storeCommand('verify'))
    .description('Look at every batch for what is damaged.')
    .addHelpText('after', VERIFY_HELP)
    .action(async (flags: ShownFlags) => {
      const { verify } = await import('./storage-verify.ts');
      await verify(flags);
    });
}

function statsCommand(): Command {
  return withJson(storeCommand('stats'))
    .description('Show offsets, bytes, batches, records and segments of every partition.')
    .action(async (flags: ShownFlags) => {
      const { stats } = await import('./storage-stats.ts');
      await stats(flags);
    });
}

function migrateCommand(): Command {
  return new Command('migrate')
    .description('Copy everything into another engine.')
    .addOption(new Option('--from <engine>', 'the engine of the data directory').choices(ENGINES))
    .addOption(
      new Option('--to <engine>', 'the engine of the copy').choices(ENGINES).makeOptionMandatory(),
    )
    .option('--data-dir <path>', 'what to copy (default: ./data)')
    .option(
      '--target-dir <path>',
      'where to (default: the data directory with -<engine> behind it)',
    )
    .option('--config <file>', 'settings in YAML (or HEXLOG_CONFIG)')
    .addOption(leaveOutOption())
    .addHelpText('after', MIGRATE_HELP)
    .action(async (flags: MigrateFlags) => {
      const { migrate } = await import('./storage-migrate.ts');
      await migrate(flags);
    });
}

function backupCommand(): Command {
  return storeCommand('backup')
    .description('Copy everything into a backup, while a broker serves or without one.')
    .requiredOption('--to <directory>', 'a new or empty directory')
    .addOption(leaveOutOption())
    .addHelpText('after', BACKUP_HELP)
    .action(async (flags: BackupFlags) => {
      const { backup } = await import('./storage-backup.ts');
      await backup(flags);
    });
}

function restoreCommand(): Command {
  return storeCommand('restore')
    .description('Put a backup into an empty data directory, of any engine.')
    .requiredOption('--from <directory>', 'a backup')
    .action(async (flags: RestoreFlags) => {
      const { restore } = await import('./storage-backup.ts');
      await restore(flags);
    });
}

/** Which store a command works on, as `hexlog serve` is told. */
function storeCommand(name: string): Command {
  return new Command(name)
    .option<StoreFlags['storage']>(
      '--storage <engine>',
      'its engine (default: segment-files)',
      String,
    )
    .option('--data-dir <path>', 'its directory (default: ./data)')
    .option('--config <file>', 'settings in YAML (or HEXLOG_CONFIG)');
}

function withJson(command: Command): Command {
  return command.addOption(formatOption()).option('--json', 'the same as --format json', false);
}

function leaveOutOption(): Option {
  return new Option(
    '--leave-out-damaged',
    'go on without batches that are damaged, and say which, instead of giving up',
  ).default(false);
}
