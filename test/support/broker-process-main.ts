import { once } from 'node:events';
import type { StorageEngine } from '../../src/main/broker-options.ts';
import { startBroker } from '../../src/main/start-broker.ts';
import { StorageError } from '../../src/ports/log-storage.ts';

/**
 * A broker as a process of its own, for BrokerProcess: begins when it is told anything, and says `opening`, then
 * `ready <port> <cluster id>` or `refused <code>`, a line each. It stops in good order when its input ends, so that it does not
 * outlive a test that dies.
 */
const [dataDir, settings, storage] = process.argv.slice(2);
let isOver = false;
process.stdin.once('end', () => (isOver = true));
await Promise.race([once(process.stdin, 'data'), once(process.stdin, 'end')]);
if (!isOver) await serve();

async function serve(): Promise<void> {
  process.stdout.write('opening\n');
  try {
    const broker = await startBroker({
      storage: storage as StorageEngine,
      dataDir: dataDir!,
      settings: JSON.parse(settings!) as Record<string, string>,
    });
    const stop = (): void => void broker.stop();
    if (isOver) stop();
    else process.stdin.once('end', stop);
    process.stdout.write(`ready ${broker.port} ${broker.clusterId}\n`);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    process.stdin.destroy();
    process.stdout.write(`refused ${error.code}\n`);
  }
}
