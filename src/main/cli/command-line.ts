import { Command, CommanderError } from 'commander';
import { consumeCommand } from './consume.ts';
import { EXIT, explain } from './failures.ts';
import { groupCommand } from './group.ts';
import { produceCommand } from './produce.ts';
import { serveCommand } from './serve.ts';
import { storageCommand } from './storage.ts';
import { topicCommand } from './topic.ts';
import { version } from '../version.ts';

const EXAMPLES = `
Examples:
  hexlog serve --data-dir ./data
  hexlog topic create orders --partitions 3
  echo 'k1:hello' | hexlog produce orders --key-delimiter :
  hexlog consume orders --from start --exit --format json
  hexlog consume orders --group billing
  hexlog group describe billing
  hexlog storage backup --to ./backups/monday

"hexlog <command> --help" says more. Exit codes: 0 done, 1 failed, 2 wrong usage.`;

/** Runs one command line and gives its exit code; whatever goes wrong is one line on stderr. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  endQuietlyWhenNobodyReads(process.stdout);
  endQuietlyWhenNobodyReads(process.stderr);
  try {
    await program().parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const { line, code } = explain(error);
    process.stderr.write(`hexlog: ${line}\n`);
    return code;
  }
}

/** A reader such as head that has seen enough is no failure. */
function endQuietlyWhenNobodyReads(output: NodeJS.WriteStream): void {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok);
    throw error;
  });
}

function program(): Command {
  const root = new Command('hexlog')
    .description('A Kafka-compatible event log: the broker, and a small client for it.')
    .version(version(), '-V, --version')
    .addHelpText('after', EXAMPLES);
  root.addCommand(serveCommand());
  root.addCommand(topicCommand());
  root.addCommand(produceCommand());
  root.addCommand(consumeCommand());
  root.addCommand(groupCommand());
  root.addCommand(storageCommand());
  throwInsteadOfExit(root);
  return root;
}

/** Settings that commander does not hand down to commands that were made apart. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride().configureOutput({
    outputError: (text, write) => write(`${asOneLine(text)}\n`),
  });
  command.commands.forEach(throwInsteadOfExit);
}

function asOneLine(text: string): string {
  return text
    .replace(/^error: /, 'hexlog: ')
    .trim()
    .replaceAll('\n', ' ');
}
