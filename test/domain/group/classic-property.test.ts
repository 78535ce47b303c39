import { expect, test } from 'vitest';
import type { DescribeGroupReply } from '../../../src/domain/model/group/group-commands.ts';
import { GroupWorld } from '../../support/group-world.ts';
import { SeededRandom, seedOfRun } from '../../support/seeded-random.ts';
import {
  GROUP,
  PARTITIONS,
  SimulatedConsumer,
  type OwnershipWatch,
} from '../../support/simulated-consumer.ts';

const SCHEDULES = 2000;
const STEPS = 120;

/** Holds for every generation that no partition has two owners in it. */
class Owners implements OwnershipWatch {
  readonly #owners = new Map<string, string>();
  /** How often somebody got something, so that a schedule that tests nothing is seen. */
  count = 0;

  owns({ identity }: SimulatedConsumer, generationId: number, partitions: readonly number[]): void {
    this.count += partitions.length;
    for (const partition of partitions) {
      const key = `${generationId}/${partition}`;
      const owner = this.#owners.get(key) ?? identity;
      expect([key, owner]).toEqual([key, identity]);
      this.#owners.set(key, owner);
    }
  }
}

class Schedule {
  readonly owners = new Owners();
  readonly #world: GroupWorld;
  readonly #random: SeededRandom;
  readonly #consumers: SimulatedConsumer[];
  /** Who does nothing for a while. */
  readonly #stalled = new Map<SimulatedConsumer, number>();
  readonly #gone = new Set<SimulatedConsumer>();

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    const initialRebalanceDelayMs = this.#random.pick([0, 3000]);
    this.#world = new GroupWorld({ initialRebalanceDelayMs });
    this.#consumers = Array.from({ length: 1 + this.#random.integer(6) }, (_, at) => {
      const instanceId = this.#random.integer(3) === 0 ? `static-${at}` : null;
      const given = { name: `c${at}`, instanceId, skips: this.#random.integer(2) === 0 };
      return new SimulatedConsumer(given, this.#world, this.owners);
    });
  }

  /** Members join, leave, stall, crash and come back, connections break, the broker is killed. */
  disturb(): void {
    for (let at = 0; at < STEPS; at++) {
      this.#one(this.#random.pick(this.#consumers));
      this.#step();
      this.#world.pass(this.#random.integer(3000));
    }
  }

  /** Now nothing goes wrong any more. */
  calm(): void {
    this.#stalled.clear();
    for (let at = 0; at < 200; at++) {
      this.#step();
      this.#world.pass(1000);
    }
  }

  /** The group is stable, its members are those that live, and they own everything together. */
  check(): void {
    const live = this.#consumers.filter(consumer => !this.#gone.has(consumer));
    const question = { type: 'describe-group', groupId: GROUP } as const;
    const { state, members } = this.#world.answer<DescribeGroupReply>(question);
    expect(members.map(({ memberId }) => memberId).sort()).toEqual(
      live.map(({ memberId }) => memberId).sort(),
    );
    if (live.length === 0) return expect(['Empty', 'Dead']).toContain(state);
    expect(state).toBe('Stable');
    expect(live.every(({ isSettled }) => isSettled)).toBe(true);
    const owned = live.flatMap(consumer => consumer.owned).sort((a, b) => a - b);
    expect(owned).toEqual(Array.from({ length: PARTITIONS }, (_, partition) => partition));
    expect(this.#world.waiting).toBe(0);
  }

  #one(consumer: SimulatedConsumer): void {
    const chance = this.#random.integer(40);
    if (chance === 0) this.#end(consumer, () => consumer.crash());
    else if (chance === 1) this.#end(consumer, () => consumer.leave());
    else if (chance === 2) this.#stalled.set(consumer, this.#random.integer(20));
    else if (chance === 3) consumer.disconnect();
    else if (chance < 8) this.#gone.delete(consumer);
    else if (chance === 8 && this.#random.integer(4) === 0) this.#restart();
    else if (chance === 9) consumer.crash();
  }

  #end(consumer: SimulatedConsumer, how: () => void): void {
    how();
    this.#gone.add(consumer);
  }

  #restart(): void {
    this.#world.restart();
    for (const consumer of this.#consumers) consumer.disconnect();
  }

  #step(): void {
    for (const consumer of this.#consumers) {
      const left = this.#stalled.get(consumer) ?? 0;
      if (left > 0) this.#stalled.set(consumer, left - 1);
      else if (!this.#gone.has(consumer)) consumer.step();
    }
  }
}

test('whatever members do, no partition has two owners in a generation, and the group becomes stable', () => {
  const first = seedOfRun();
  let owned = 0;
  for (let seed = first; seed < first + SCHEDULES; seed++) {
    const schedule = new Schedule(seed);
    try {
      schedule.disturb();
      schedule.calm();
      schedule.check();
    } catch (error) {
      throw new Error(`HEXLOG_SEED=${seed} repeats this`, { cause: error });
    }
    owned += schedule.owners.count;
  }
  expect(owned).toBeGreaterThan(SCHEDULES * PARTITIONS);
});
