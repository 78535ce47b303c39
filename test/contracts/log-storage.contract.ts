import { afterEach, beforeEach, describe, test } from 'vitest';
import { defineLogStorageContract, type StorageUnderTest } from './log-storage/contract.ts';

export type { StorageUnderTest } from './log-storage/contract.ts';

/** What every log storage promises: call it in one line per engine. */
export function logStorageContract(name: string, make: () => Promise<StorageUnderTest>): void {
  defineLogStorageContract({ describe, test, beforeEach, afterEach }, name, make);
}
