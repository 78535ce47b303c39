import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { shutdownSignal } from '../../src/main/shutdown.ts';

class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  'the first signal asks to stop, and a second one, %s, ends at once with %i',
  async (second, code) => {
    const source = new FakeProcess();
    const asked = shutdownSignal(source);
    source.emit('SIGTERM');
    expect(await asked).toBe('SIGTERM');
    expect(source.exits).toEqual([]);
    source.emit(second);
    expect(source.exits).toEqual([code]);
  },
);
