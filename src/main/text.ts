import type { Container } from 'inversify';
import { openDoor } from './door.ts';
import { TOKENS as T } from './tokens.ts';

/** A broker's third door. */
export interface Text {
  /** `host:port`; null when nothing is served. */
  readonly listening: string | null;
  stop(): Promise<void>;
}

/** Serves lines of text beside Kafka's protocol, if the options ask for it; rejects with the system's error when the address is taken. */
export async function startText(container: Container): Promise<Text> {
  const { host, textPort } = container.get(T.options);
  if (textPort === null) return { listening: null, stop: async () => undefined };
  // A broker that serves none does not load it.
  const { TextListener } = await import('../adapters/transport/text/text-listener.ts');
  const listener = new TextListener({
    host,
    port: textPort,
    useCases: await container.getAsync(T.useCases),
    logger: container.get(T.logger),
  });
  const address = await openDoor('--text-port', () => listener.start());
  const shown = address.host.includes(':') ? `[${address.host}]` : address.host;
  return { listening: `${shown}:${address.port}`, stop: () => listener.stop() };
}
