import type { Container } from 'inversify';
import type { Listener } from '../ports/listener.ts';
import { HTTP_MAX_BODY_BYTES, type BrokerOptions } from './broker-options.ts';
import { createContainer } from './container.ts';
import { startHttp, type Http } from './http.ts';
import { startControl } from './control.ts';
import { inOrder, type Step } from './in-order.ts';
import { startText } from './text.ts';
import { TOKENS as T } from './tokens.ts';

/** A broker that runs in this process. */
export interface Broker {
  readonly host: string;
  readonly port: number;
  /** `host:port`, for a client's `bootstrap.servers`. */
  readonly bootstrap: string;
  /** `host:port` of the socket that is listened on; `host`, `port` and `bootstrap` are what clients are told. */
  readonly listening: string;
  /** Where HTTP is served, as a URL without a path; null when it is not. */
  readonly http: string | null;
  /** `host:port` where lines of text are served; null when they are not. */
  readonly text: string | null;
  readonly clusterId: string;
  /**
   * Answers what was received, writes everything to stable storage, and gives up the store: that also when something before it
   * fails, which it then rejects with.
   */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What `startBroker` may be told; everything has a default. */
export type StartOptions = Partial<BrokerOptions>;

const DEFAULTS: BrokerOptions = {
  storage: 'memory',
  dataDir: './data',
  host: '127.0.0.1',
  port: 0,
  httpPort: null,
  textPort: null,
  httpHost: '127.0.0.1',
  httpMaxBodyBytes: HTTP_MAX_BODY_BYTES,
  advertisedHost: null,
  advertisedPort: null,
  brokerId: 1,
  logLevel: 'silent',
  settings: {},
};

/** An application that starts a broker for itself knows its consumers: nobody waits for more of them to come. */
const EMBEDDED_SETTINGS: BrokerOptions['settings'] = { 'group.initial.rebalance.delay.ms': 0 };

/**
 * Starts a broker inside the application: as `launchBroker`, with what is left out as an embedded broker has it.
 */
export function startBroker(options: StartOptions = {}): Promise<Broker> {
  const settings = { ...EMBEDDED_SETTINGS, ...options.settings };
  return launchBroker({ ...DEFAULTS, ...options, settings });
}

/** A store of the application's own may lie anywhere, so that its broker has no directory to be asked in. */
async function controlOf(container: Container): Promise<() => Promise<void>> {
  const { storage, ...options } = container.get(T.options);
  if (typeof storage !== 'string' || storage === 'memory') return async () => undefined;
  return startControl(container, { ...options, storage });
}

/**
 * Starts a broker and resolves when it takes connections. Rejects with a StorageError (code `locked`) when another process has
 * the data directory, with a BrokerError (INVALID_CONFIG) for a setting that is wrong, and with the system's error when the
 * address is taken; nothing is left running then.
 */
export async function launchBroker(options: BrokerOptions): Promise<Broker> {
  const container = createContainer(options);
  let http: Http | null = null;
  try {
    http = await startHttp(container);
    return await start(container, http);
  } catch (error) {
    await http?.stop();
    if (container.isCurrentBound(T.storage)) await closeStorage(container).catch(() => {});
    throw error;
  }
}

async function start(container: Container, http: Http): Promise<Broker> {
  const storage = await container.getAsync(T.storage);
  const listener = await container.getAsync(T.kafkaListener);
  const metadata = await container.getAsync(T.metadata);
  const partitions = await container.getAsync(T.partitions);
  const { deleteTopics } = await container.getAsync(T.useCases);
  await deleteTopics.removeOrphans(storage);
  const groups = await container.getAsync(T.groups);
  await http.prepare();
  const { address, text } = await listen(container, listener);
  // After what can fail, for a timer keeps a process alive.
  const stopFlushing = await startFlushing(container);
  const stopControl = await controlOf(container);
  const self = container.get(T.self);
  self.node = { ...self.node, port: container.get(T.options).advertisedPort ?? address.port };
  const loaded = groups.start();
  const upkeep = await container.getAsync(T.upkeep);
  upkeep.start();
  http.serve({ loaded, text: text.listening });
  // Nobody is answered after the logs are closed, and nothing is written after the store is.
  const steps: Step[] = [
    { what: 'flushing', run: stopFlushing },
    { what: 'the control channel', run: stopControl },
    { what: 'the upkeep', run: () => upkeep.stop() },
    { what: 'HTTP', run: () => http.stop() },
    { what: 'the text transport', run: () => text.stop() },
    { what: 'the listener', run: () => listener.stop() },
    { what: 'the groups', run: () => groups.stop() },
    { what: 'the partitions', run: () => partitions.close() },
    { what: 'the store', run: () => storage.close() },
  ];
  const logger = container.get(T.logger);
  const failed = (what: string, error: unknown): void => {
    logger.error({ error: String(error) }, `${what} did not stop in good order`);
  };
  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => (stopped ??= inOrder(steps, failed));
  return {
    host: self.node.host,
    port: self.node.port,
    bootstrap: hostAndPort(self.node),
    listening: hostAndPort(address),
    http: http.url,
    text: text.listening,
    clusterId: metadata.clusterId,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** All doors that the options ask for, or none. */
async function listen(container: Container, listener: Listener) {
  const text = await startText(container);
  try {
    return { text, address: await listener.start() };
  } catch (error) {
    await text.stop();
    throw error;
  }
}

function hostAndPort({ host, port }: { host: string; port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

async function startFlushing(container: Container): Promise<() => void> {
  const policy = await container.getAsync(T.flushPolicy);
  const partitions = await container.getAsync(T.partitions);
  const config = container.get(T.brokerConfig);
  return policy.startBackground(partitions, container.get(T.timers), () =>
    config.get('flush.interval.ms'),
  );
}

async function closeStorage(container: Container): Promise<void> {
  const storage = await container.getAsync(T.storage);
  await storage.close();
}
