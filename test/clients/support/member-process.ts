import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { GroupClient } from './group-suite.ts';

/** A member of a group in a process of its own, which prints the value of each record as a line. */
export function memberProcess(
  command: string,
  args: readonly string[],
  endedBy: 'signal' | 'end of input',
): GroupClient {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const lines = createInterface(child.stdout);
  const values: string[] = [];
  lines.on('line', line => values.push(line));
  return {
    values,
    onNews: listener => void lines.on('line', listener),
    leave: async () => {
      if (endedBy === 'signal') child.kill('SIGTERM');
      else child.stdin.end();
      await ended;
    },
  };
}
