import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/main/config.ts';
import { startBroker } from '../../src/main/start-broker.ts';
import { HttpClient } from '../support/http-client.ts';
import { TextClient } from '../support/text-client.ts';

interface Overview {
  readonly broker: { readonly listeners: unknown };
}

const portOf = (address: string | null): number => Number(address?.split(':').at(-1));

describe('a broker that is asked to', () => {
  test('serves lines of text, until it stops', async () => {
    const broker = await startBroker({ textPort: 0 });
    expect(broker.text).toMatch(/^127\.0\.0\.1:\d+$/);
    using client = await TextClient.connect(portOf(broker.text));
    expect((await client.ask('PRODUCE orders hello'))[0]).toMatch(/^OK partition=0 offset=0/);
    expect((await client.ask('CONSUME orders 0 0'))[0]).toMatch(/^RECORD 0 0 \d+ - hello$/);
    await broker.stop();
    expect(await client.rest()).toEqual([]);
  });

  test('tells people of it over HTTP', async () => {
    await using broker = await startBroker({ textPort: 0, httpPort: 0 });
    const overview = await new HttpClient(broker.http).get<Overview>('/v1/overview');
    expect(overview.broker.listeners).toEqual([
      { name: 'Kafka', address: broker.bootstrap },
      { name: 'HTTP', address: broker.http },
      { name: 'text', address: broker.text },
    ]);
  });

  test('serves none unless it is', async () => {
    await using broker = await startBroker();
    expect(broker.text).toBeNull();
  });

  test('does not start when the port is taken, and leaves nothing behind', async () => {
    await using first = await startBroker({ textPort: 0 });
    const textPort = portOf(first.text);
    await expect(startBroker({ textPort })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('gives its port back when the other one is taken', async () => {
    const first = await startBroker({ textPort: 0 });
    const { port, text } = first;
    await first.stop();
    await using holder = await startBroker({ port });
    expect(holder.port).toBe(port);
    const textPort = portOf(text);
    await expect(startBroker({ port, textPort })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await using second = await startBroker({ textPort });
    expect(second.text).toBe(text);
  });
});

describe('the setting text.port', () => {
  const load = (text: string) =>
    loadConfig({ own: {}, set: [`text.port=${text}`], config: undefined }, {}).textPort;

  test('is a port, or off', () => {
    expect([load('9093'), load('0'), load('off')]).toEqual([9093, 0, null]);
    expect(() => load('on')).toThrow('off, or an integer from 0 to 65535');
  });
});
