import type { Container } from 'inversify';
import type { BrokerFacts } from '../adapters/transport/http/console/broker-facts.ts';
import { TOKENS as T } from './tokens.ts';
import { version } from './version.ts';

/** The doors beside Kafka's. */
export interface OtherDoors {
  readonly http: string;
  /** `host:port`; null when it is not open. */
  readonly text: string | null;
}

/** What people are told of a broker; which doors it has is asked when they are. */
export function brokerFacts(container: Container, doors: () => OtherDoors): BrokerFacts {
  const { storage, dataDir } = container.get(T.options);
  const engine = typeof storage === 'string' ? storage : 'custom';
  return {
    version: version(),
    storage: engine,
    dataDir: engine === 'memory' || engine === 'custom' ? null : dataDir,
    startedAtMs: container.get(T.clock).now(),
    // The port that clients are told is known only once the listener has it.
    listeners: () => {
      const { host, port } = container.get(T.self).node;
      const { http, text } = doors();
      return [
        { name: 'Kafka', address: `${host}:${port}` },
        { name: 'HTTP', address: http },
        ...(text === null ? [] : [{ name: 'text', address: text }]),
      ];
    },
  };
}
