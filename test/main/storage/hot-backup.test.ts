import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectControl } from '../../../src/adapters/transport/control/control-client.ts';
import { STORAGE_ENGINES } from '../../../src/main/broker-options.ts';
import { loadConfig } from '../../../src/main/config.ts';
import { startBroker } from '../../../src/main/start-broker.ts';
import { restoreStore } from '../../../src/main/storage/copy-store.ts';
import { ConsumingClient } from '../../support/consuming-client.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

const ENGINES = STORAGE_ENGINES.filter(engine => engine !== 'memory');
const BULK = 60;
const BULK_BYTES = 400_000;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hexlog-hot-'));
});
afterEach(() => rmSync(root, { recursive: true }));
const at = (name: string): string => join(root, name);

async function ask(request: object): Promise<{ outcome: unknown; steps: number }> {
  const connection = (await connectControl(at('data')))!;
  let steps = 0;
  const command = { command: 'backup', to: at('backup'), ...request };
  return { outcome: await connection.ask(command, () => (steps += 1)), steps };
}

/** Produces a record, then commits that it was read, until told to stop; gives how often. */
function keepGoing(port: number): { stop: () => Promise<number> } {
  let isOver = false;
  const run = async (): Promise<number> => {
    await using client = await ConsumingClient.connect(port);
    let rounds = 0;
    for (; !isOver; rounds++) await client.commit('orders', await client.produce('orders', 1, 50));
    return rounds;
  };
  const running = run();
  return {
    stop: () => {
      isOver = true;
      return running;
    },
  };
}

test.each(ENGINES)(
  'of %s, while producers write: of one instant, so that no group is ahead of the records',
  async storage => {
    const broker = await startBroker({ storage, dataDir: at('data') });
    await using client = await ConsumingClient.connect(broker.port);
    await client.commit('orders', await client.produce('orders', 1, 50));
    await client.produce('bulk', BULK, BULK_BYTES);
    const writer = keepGoing(broker.port);
    const before = await client.produce('marks', 1, 10);
    const { outcome, steps } = await ask({});
    const after = await client.produce('marks', 1, 10);
    const rounds = await writer.stop();
    expect(outcome).toEqual({ logs: 5 });
    expect(steps, 'it tells how far it is').toBeGreaterThan(0);
    expect(await client.values('orders')).toHaveLength(rounds + 1);
    await broker.stop();

    const to = { ...loadConfig({ own: {}, set: [], config: undefined }, {}), dataDir: at('new') };
    const { signal } = new AbortController();
    const watch = { progressed: () => undefined, signal };
    await restoreStore({ backup: at('backup'), to, logger: new RecordingLogger() }, watch);
    const next = await startBroker({ storage: 'segment-files', dataDir: at('new') });
    await using restored = await ConsumingClient.connect(next.port);
    expect(next.clusterId).toBe(broker.clusterId);
    expect(await restored.values('bulk')).toHaveLength(BULK);
    expect(await restored.values('marks')).toHaveLength(before);
    expect(after).toBe(before + 1);
    const records = (await restored.values('orders')).length;
    const committed = await restored.committed('orders');
    expect(committed).toBeLessThanOrEqual(records);
    expect(committed, 'what was committed last is at most a step behind').toBeGreaterThan(
      records - 2,
    );
    expect(records, 'it went on meanwhile').toBeLessThan(rounds + 1);
    await next.stop();
  },
);

test('one at a time; a broker that stops ends it, and what is there is no backup', async () => {
  const broker = await startBroker({ storage: 'segment-files', dataDir: at('data') });
  await using client = await ConsumingClient.connect(broker.port);
  await client.produce('bulk', 3 * BULK, BULK_BYTES);
  const connection = (await connectControl(at('data')))!;
  let begun = (): void => undefined;
  const beginning = new Promise<void>(resolve => (begun = resolve));
  const first = connection.ask({ command: 'backup', to: at('backup') }, () => begun());
  const ended = expect(first).rejects.toThrow('the broker stops');
  await beginning;
  await expect(ask({ to: at('second') })).rejects.toThrow('is taking a backup already');
  await broker.stop();
  await ended;
  expect(existsSync(join(at('backup'), 'unfinished.json'))).toBe(true);
  expect(existsSync(join(at('backup'), 'backup.json'))).toBe(false);
});

test('a directory that is not absolute, or not empty, is refused, and the broker goes on', async () => {
  const broker = await startBroker({ storage: 'segment-files', dataDir: at('data') });
  await using client = await ConsumingClient.connect(broker.port);
  await client.produce('orders', 1, 10);
  await expect(ask({ to: 'backup' })).rejects.toThrow('a backup needs a directory');
  await expect(ask({ to: at('data') })).rejects.toThrow(/is not empty/);
  expect((await ask({})).outcome).toEqual({ logs: 2 });
  await expect(ask({})).rejects.toThrow(/is not empty \(it holds/);
  expect(await client.produce('orders', 1, 10)).toBe(2);
  await broker.stop();
});
