import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Crc32c } from '../../adapters/runtime/crc32c.ts';
import { NodeTimers } from '../../adapters/runtime/node-timers.ts';
import { SystemClock } from '../../adapters/runtime/system-clock.ts';
import { CopyLogs } from '../../domain/use-cases/copy-logs.ts';
import { StorageError, type LogStorage } from '../../ports/log-storage.ts';
import type { Logger } from '../../ports/logger.ts';
import type { EngineOptions, StorageEngine } from '../broker-options.ts';
import { openStorage, brokerStorage } from '../factories.ts';

export const CHECKSUM = new Crc32c();
const CLOCK = new SystemClock();

/** The copier of commands that run without a broker. */
export function copier(): CopyLogs {
  return new CopyLogs(CHECKSUM, new NodeTimers());
}

/** Opens the store of a data directory that no broker has, does the work, and gives it up. Rejects with a StorageError. */
export async function withStore<T>(
  options: EngineOptions,
  logger: Logger,
  work: (storage: LogStorage) => Promise<T>,
): Promise<T> {
  const { storage: engine, dataDir } = options;
  const directory = resolve(dataDir);
  refuseMemory(engine);
  if (!existsSync(directory)) throw failed(`there is no data directory ${directory}`);
  return closing(await brokerStorage(options, CHECKSUM, CLOCK, logger), async storage => {
    if ((await storage.list()).length > 0) return work(storage);
    throw failed(`data directory ${directory} holds no logs of the engine ${engine}`);
  });
}

/** The same for a directory that is being filled. */
export async function withTarget<T>(
  options: EngineOptions,
  logger: Logger,
  work: (storage: LogStorage) => Promise<T>,
): Promise<T> {
  return closing(await openStorage(options, CHECKSUM, CLOCK, logger), work);
}

/** A failed close is a failure of the work: not all of it may be on disk. */
async function closing<T>(
  storage: LogStorage,
  work: (storage: LogStorage) => Promise<T>,
): Promise<T> {
  let done: T;
  try {
    done = await work(storage);
  } catch (error) {
    await storage.close().catch(() => undefined);
    throw error;
  }
  await storage.close();
  return done;
}

/** Throws a StorageError for the engine that leaves nothing behind. */
export function refuseMemory(engine: StorageEngine): void {
  if (engine === 'memory') throw failed('what the engine memory holds ends with its process');
}

function failed(message: string): StorageError {
  return new StorageError('failed', message);
}
