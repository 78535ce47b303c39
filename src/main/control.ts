import { isAbsolute } from 'node:path';
import type { Container } from 'inversify';
import {
  ControlListener,
  type ControlHandler,
} from '../adapters/transport/control/control-listener.ts';
import { BackUpLogs } from '../domain/use-cases/back-up-logs.ts';
import { CopyLogs, type CopyProgress, type LeftOut } from '../domain/use-cases/copy-logs.ts';
import type { EngineOptions } from './broker-options.ts';
import { fillBackup } from './storage/copy-store.ts';
import { TOKENS as T } from './tokens.ts';

/** Progress lines are for people: so many a second are enough. */
const PROGRESS_EVERY_MS = 100;

/**
 * Takes commands for a broker that has a data directory; gives what ends it. A broker serves without, where it cannot be listened
 * there.
 */
export async function startControl(
  container: Container,
  options: EngineOptions,
): Promise<() => Promise<void>> {
  const logger = container.get(T.logger);
  const backUp = await backUpHandler(container, options);
  try {
    const { dataDir } = options;
    const handlers = new Map([['backup', backUp]]);
    const listener = new ControlListener({ dataDir, logger, handlers });
    await listener.start();
    return () => listener.stop();
  } catch (error) {
    logger.warn({ error: String(error) }, 'there is no control channel: no backup can be taken');
    return async () => undefined;
  }
}

/** `{ command: 'backup', to: <absolute path> }`: one at a time. */
async function backUpHandler(container: Container, from: EngineOptions): Promise<ControlHandler> {
  const backUpLogs = await backUpLogsOf(container);
  const logger = container.get(T.logger);
  let isRunning = false;
  return async ({ to, leaveOutDamaged }, progress, signal) => {
    if (typeof to !== 'string' || !isAbsolute(to)) throw new Error('a backup needs a directory');
    if (isRunning) throw new Error('the broker is taking a backup already: wait for its end');
    isRunning = true;
    try {
      const { clusterId } = backUpLogs;
      const progressed = seldom(progress);
      const leftOut = (damage: LeftOut): void => progress({ leftOut: damage });
      const logs = await fillBackup({ from, to, clusterId, logger }, target =>
        backUpLogs.execute({
          target,
          progressed,
          signal,
          ...(leaveOutDamaged === true ? { leftOut } : {}),
        }),
      );
      return { logs: logs.length };
    } finally {
      isRunning = false;
    }
  };
}

async function backUpLogsOf(container: Container): Promise<BackUpLogs> {
  return new BackUpLogs({
    registry: await container.getAsync(T.partitions),
    metadata: await container.getAsync(T.metadata),
    storage: await container.getAsync(T.storage),
    copyLogs: new CopyLogs(container.get(T.checksum), container.get(T.timers)),
  });
}

function seldom(progress: (facts: CopyProgress) => void): (facts: CopyProgress) => void {
  let next = 0;
  return facts => {
    const now = performance.now();
    if (now < next) return;
    next = now + PROGRESS_EVERY_MS;
    progress(facts);
  };
}
