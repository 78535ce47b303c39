import { StorageError } from '../../../ports/log-storage.ts';

/** Says `corrupt` where SQLite found its pages damaged. */
export function calling<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (!/^SQLITE_(CORRUPT|NOTADB)/.test(code ?? '')) throw error;
    throw new StorageError('corrupt', `the database is damaged: ${message}`, { cause: error });
  }
}
