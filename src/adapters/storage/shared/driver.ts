import { StorageError } from '../../../ports/log-storage.ts';

/** Loads the package that an engine is built on, which an installation may lack. */
export async function loadDriver<T>(
  engine: string,
  name: string,
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const message = `storage = ${engine} needs the package ${name}: npm install ${name}`;
    throw new StorageError('failed', message, { cause });
  }
}
