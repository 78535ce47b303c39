import { hostname } from 'node:os';
import type { Container } from 'inversify';
import type { BrokerOptions } from './broker-options.ts';
import { brokerFacts } from './broker-facts.ts';
import { startMeasuring, type Measuring } from './metrics.ts';
import { openDoor } from './door.ts';
import { TOKENS as T } from './tokens.ts';

const MAX_CONNECTIONS = 1024;
const DRAIN_MS = 5_000;

/** A broker that takes connections. */
export interface Started {
  /** Resolves when it has replayed everything, and is ready. */
  readonly loaded: Promise<void>;
  /** `host:port` where lines of text are served; null when they are not. */
  readonly text: string | null;
}

/** A broker's second door. */
export interface Http {
  /** Without a path; null when nothing is served. */
  readonly url: string | null;
  /** Makes what is served, from parts that may be slow to come. */
  prepare(): Promise<void>;
  /** Serves everything: until then, health checks alone. */
  serve(started: Started): void;
  stop(): Promise<void>;
}

const NONE: Http = {
  url: null,
  prepare: async () => undefined,
  serve: () => undefined,
  stop: async () => undefined,
};

/** Listens for HTTP, if the options ask for it; rejects with the system's error when the address is taken. */
export async function startHttp(container: Container): Promise<Http> {
  const options = container.get(T.options);
  if (options.httpPort === null) return NONE;
  // An embedded broker that serves none does not load it.
  const { HttpListener } = await import('../adapters/transport/http/http-listener.ts');
  const listener = new HttpListener({
    host: options.httpHost,
    port: options.httpPort,
    names: namesOf(options),
    logger: container.get(T.logger),
    maxConnections: MAX_CONNECTIONS,
    drainMs: DRAIN_MS,
  });
  const { host, port } = await openDoor('--http-port', () => listener.start());
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  let measuring: Measuring | null = null;
  let text: string | null = null;
  return {
    url,
    prepare: async () => {
      measuring = await startMeasuring(container, () => listener.connections);
      const facts = brokerFacts(container, () => ({ http: url, text }));
      await listener.prepare({ ...(await partsOf(container, options, measuring)), facts });
    },
    serve: started => {
      text = started.text;
      listener.serve();
      void started.loaded.then(() => listener.becomeReady());
    },
    stop: async () => {
      measuring?.stop();
      await listener.stop();
    },
  };
}

/** What clients have good reason to call it. */
function namesOf({ httpHost, advertisedHost, httpAllowedHosts = [] }: BrokerOptions): string[] {
  const machine = hostname();
  const advertised = advertisedHost === null ? [] : [advertisedHost];
  return [machine, machine.split('.', 1)[0]!, httpHost, ...advertised, ...httpAllowedHosts];
}

async function partsOf(
  container: Container,
  { brokerId, httpMaxBodyBytes }: BrokerOptions,
  { page, totals }: Measuring,
) {
  const { clusterId } = await container.getAsync(T.metadata);
  return {
    useCases: await container.getAsync(T.useCases),
    clusterId,
    brokerId,
    logger: container.get(T.logger),
    clock: container.get(T.clock),
    timers: container.get(T.timers),
    random: container.get(T.random),
    metricsPage: page,
    totals,
    maxBodyBytes: httpMaxBodyBytes,
  };
}
