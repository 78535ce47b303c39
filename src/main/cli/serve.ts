import { Command } from 'commander';
import { ALL_BROKER_SETTINGS } from '../../domain/model/cluster/broker-settings.ts';
import { STORAGE_ENGINES, type EngineOptions } from '../broker-options.ts';
import type { Broker } from '../start-broker.ts';
import type { ConfigFlags } from '../config/config-sources.ts';
import { collect } from './option-parsers.ts';

interface ServeFlags {
  readonly storage?: string;
  readonly dataDir?: string;
  readonly host?: string;
  readonly port?: string;
  readonly httpHost?: string;
  readonly httpPort?: string;
  readonly textPort?: string;
  readonly advertisedHost?: string;
  readonly advertisedPort?: string;
  readonly brokerId?: string;
  readonly logLevel?: string;
  readonly set: readonly string[];
  readonly config?: string;
}

const HELP = `
Every setting can be given in four ways; the first one that is there counts:
  a flag                      --port 9092, or --set num.partitions=3 for any setting
  the environment             HEXLOG_PORT=9092, HEXLOG_NUM_PARTITIONS=3
  the file of --config        port: 9092 and num.partitions: 3, in YAML
  the default

One line on stdout says when clients can connect, and where; log lines are JSON on stderr.
SIGTERM or SIGINT (Ctrl-C) stops in good order; a second one stops at once.

Examples:
  hexlog serve --port 9092 --storage segment-files --data-dir ./data
  hexlog serve --storage memory --port 0 --set flush.policy=never
  hexlog serve --storage memory --set memory.partition.max.bytes=67108864
  hexlog serve --config hexlog.yaml`;

/** `hexlog serve`: a broker until a signal comes. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Start a broker.')
    .option('--storage <engine>', `${STORAGE_ENGINES.join(', ')} (default: segment-files)`)
    .option('--data-dir <path>', 'where the engine keeps its logs (default: ./data)')
    .option('--host <host>', 'what to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'what to listen on, 0 for any free port (default: 9092)')
    .option('--http-host <host>', 'what to serve HTTP on (default: 127.0.0.1)')
    .option('--http-port <port>', 'what to serve HTTP on, or off (default: 8080)')
    .option('--text-port <port>', 'what to serve lines of text on, for nc (default: off)')
    .option('--advertised-host <host>', 'where clients are told to connect, if elsewhere')
    .option('--advertised-port <port>', 'where clients are told to connect, if elsewhere')
    .option('--broker-id <id>', "Kafka's broker.id (default: 1)")
    .option('--log-level <level>', 'silent, error, warn or info (default: info)')
    .option('--set <key=value>', 'any setting by its name; can be repeated', collect, [])
    .option('--config <file>', 'settings in YAML (or HEXLOG_CONFIG)')
    .addHelpText('after', () => `${HELP}\n\n${settingsHelp()}`)
    .action(serve);
}

/** Every broker setting with its default; those without one take the default of another. */
function settingsHelp(): string {
  const lines = Array.from(ALL_BROKER_SETTINGS, ([name, { initial }]) =>
    initial === null || initial === '' ? `  ${name}` : `  ${name}: ${initial}`,
  );
  return ["Settings of the broker by Kafka's names, with their defaults:", ...lines.sort()].join(
    '\n',
  );
}

async function serve(flags: ServeFlags): Promise<void> {
  const { shutdownSignal } = await import('../shutdown.ts');
  const signal = shutdownSignal();
  const { loadConfig } = await import('../config.ts');
  const options = loadConfig(configFlags(flags), process.env);
  const { launchBroker } = await import('../start-broker.ts');
  const broker = await launchBroker(options);
  process.stdout.write(`${readyLine(options, broker)}\n`);
  await signal;
  await broker.stop();
}

function configFlags({ set, config, ...own }: ServeFlags): ConfigFlags {
  const byKey = Object.entries(own).map(([name, text]) => [settingOf(name), text]);
  return { own: Object.fromEntries(byKey) as ConfigFlags['own'], set, config };
}

/** Commander's `dataDir` is the setting `data.dir`. */
function settingOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, letter => `.${letter.toLowerCase()}`);
}

/** One stable line for scripts that wait for it: words `key=value`, a value with blanks in quotes. */
function readyLine(
  { storage, dataDir }: EngineOptions,
  { listening, http, text, clusterId }: Pick<Broker, 'listening' | 'http' | 'text' | 'clusterId'>,
): string {
  const directory = /\s|"/.test(dataDir) ? JSON.stringify(dataDir) : dataDir;
  const where = storage === 'memory' ? '-' : directory;
  const web = http === null ? '' : ` http=${http}`;
  const lines = text === null ? '' : ` text=${text}`;
  return `hexlog ready: kafka=${listening} storage=${storage} data=${where} cluster=${clusterId}${web}${lines}`;
}
