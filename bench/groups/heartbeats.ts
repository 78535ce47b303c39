import { setTimeout as pause } from 'node:timers/promises';
import type { Beat } from './bench-group.ts';

/** How often each member says that it lives, and for how many intervals. */
export interface Rhythm {
  readonly intervalMs: number;
  readonly rounds: number;
}

/** Sends each heartbeat once in every interval, all of them evenly spread over it, and gives how long each answer took. */
export async function sendHeartbeats(
  beats: readonly Beat[],
  { intervalMs, rounds }: Rhythm,
): Promise<number[]> {
  const latenciesMs: number[] = [];
  const underway: Promise<void>[] = [];
  const total = beats.length * rounds;
  const start = performance.now();
  while (underway.length < total) {
    const due = ((performance.now() - start) / intervalMs) * beats.length;
    while (underway.length < Math.min(due, total)) {
      underway.push(send(beats[underway.length % beats.length]!, latenciesMs));
    }
    await pause(1);
  }
  await Promise.all(underway);
  return latenciesMs;
}

function send({ client, request, check }: Beat, latenciesMs: number[]): Promise<void> {
  const start = performance.now();
  return client.exchange(request, frame => {
    latenciesMs.push(performance.now() - start);
    check(frame);
  });
}
