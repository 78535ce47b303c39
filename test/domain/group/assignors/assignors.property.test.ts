import { describe, expect, test } from 'vitest';
import type {
  AssignableGroup,
  AssignableMember,
  Assignment,
} from '../../../../src/domain/model/group/assignors/assignor.ts';
import { assignRange } from '../../../../src/domain/model/group/assignors/range.ts';
import { assignUniform } from '../../../../src/domain/model/group/assignors/uniform.ts';
import { SeededRandom, seedOfRun } from '../../../support/seeded-random.ts';
import { sizeOf, validate } from './assignor-script.ts';

const GROUPS = 2_000;

type Target = ReadonlyMap<string, Assignment>;

/** A group that changes a little from one assignment to the next. */
class ChangingGroup {
  readonly random: SeededRandom;
  readonly homogeneous: boolean;
  readonly #counts = new Map<string, number>();
  readonly #wishes = new Map<string, ReadonlySet<string>>();
  #joined = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.homogeneous = this.random.integer(2) === 0;
    const topics = 1 + this.random.integer(6);
    for (let each = 0; each < topics; each++)
      this.#counts.set(`T${each}`, 1 + this.random.integer(12));
    const members = 1 + this.random.integer(8);
    for (let each = 0; each < members; each++) this.#join();
  }

  change(): void {
    const { random } = this;
    const kind = random.integer(3);
    if (kind === 0) this.#join();
    else if (kind === 1 && this.#wishes.size > 1) {
      this.#wishes.delete(random.pick([...this.#wishes.keys()]));
    } else {
      const topic = random.pick([...this.#counts.keys()]);
      this.#counts.set(topic, this.#counts.get(topic)! + random.integer(4));
    }
  }

  withTarget(target: Target): AssignableGroup {
    const members = [...this.#wishes].map(([memberId, topicIds]): AssignableMember => {
      const assigned: Assignment = target.get(memberId) ?? new Map<string, Set<number>>();
      return { memberId, instanceId: null, topicIds, assigned };
    });
    const wanted = new Set(members.flatMap(({ topicIds }) => [...topicIds]));
    const counts = [...this.#counts].filter(([topic]) => wanted.has(topic));
    return { members, partitionCounts: new Map(counts) };
  }

  #join(): void {
    const topics = [...this.#counts.keys()];
    const wish = topics.filter(() => this.homogeneous || this.random.integer(2) === 0);
    this.#wishes.set(`m${this.#joined++}`, new Set(wish));
  }
}

function sizesOf(target: Target): number[] {
  return [...target.values()].map(sizeOf);
}

/** How many partitions are with another member than before, though the one before is still there and wants them. */
function movedFrom(group: AssignableGroup, target: Target): number {
  let moved = 0;
  for (const { memberId, topicIds, assigned } of group.members) {
    for (const [topicId, partitions] of assigned) {
      if (!topicIds.has(topicId)) continue;
      for (const each of partitions) {
        if (!target.get(memberId)!.get(topicId)?.has(each)) moved += 1;
      }
    }
  }
  return moved;
}

/** The fewest that must move: what members have beyond the balanced share. */
function mustMove(group: AssignableGroup): number {
  const total = [...group.partitionCounts.values()].reduce((sum, each) => sum + each, 0);
  const share = Math.floor(total / group.members.length);
  let extras = total % group.members.length;
  const sizes = group.members.map(({ assigned }) => sizeOf(assigned));
  return sizes
    .sort((one, other) => other - one)
    .reduce((sum, size) => {
      if (size <= share) return sum;
      const keeps = extras > 0 ? share + 1 : share;
      extras -= 1;
      return sum + size - keeps;
    }, 0);
}

/** No subscriber of a topic that has some of it has two more than another subscriber. */
function expectBalanced(group: AssignableGroup, target: Target): void {
  for (const topicId of group.partitionCounts.keys()) {
    const subscribers = group.members.filter(({ topicIds }) => topicIds.has(topicId));
    const loads = subscribers.map(({ memberId }) => sizeOf(target.get(memberId)!));
    const least = Math.min(...loads);
    subscribers.forEach(({ memberId }, index) => {
      if (!target.get(memberId)!.has(topicId)) return;
      if (loads[index]! - least >= 2) throw new Error(`${memberId} has too much of ${topicId}`);
    });
  }
}

function forEachGroup(check: (group: ChangingGroup) => void): void {
  const first = seedOfRun();
  for (let seed = first; seed < first + GROUPS; seed++) {
    try {
      check(new ChangingGroup(seed));
    } catch (error) {
      throw new Error(`HEXLOG_SEED=${seed}`, { cause: error });
    }
  }
}

describe(`in ${GROUPS} groups that change`, () => {
  test('uniform gives everything once, is balanced, and moves no more than it must', () => {
    forEachGroup(changing => {
      let target: Target = new Map();
      for (let step = 0; step < 8; step++, changing.change()) {
        const group = changing.withTarget(target);
        target = assignUniform(group);
        validate(group, target);
        expectBalanced(group, target);
        if (changing.homogeneous) {
          const sizes = sizesOf(target);
          if (Math.max(...sizes) - Math.min(...sizes) > 1) throw new Error(`sizes ${sizes.join()}`);
          if (movedFrom(group, target) !== mustMove(group)) throw new Error('moves too much');
        }
        // What is balanced stays as it is.
        const again = changing.withTarget(target);
        if (movedFrom(again, assignUniform(again)) > 0) throw new Error('moves without need');
      }
    });
    expect.assertions(0);
  });

  test('range gives everything once, and to each a contiguous range, the larger ones first', () => {
    forEachGroup(changing => {
      const group = changing.withTarget(new Map());
      const target = assignRange(group);
      validate(group, target);
      for (const assignment of target.values()) {
        for (const partitions of assignment.values()) {
          const sorted = [...partitions].sort((one, other) => one - other);
          if (sorted.at(-1)! - sorted[0]! !== sorted.length - 1) throw new Error('a gap');
        }
      }
      for (const [topicId, count] of group.partitionCounts) {
        const sizes = group.members
          .filter(({ topicIds }) => topicIds.has(topicId))
          .map(({ memberId }) => target.get(memberId)!.get(topicId)?.size ?? 0);
        const share = Math.floor(count / sizes.length);
        const larger = sizes.filter(size => size === share + 1).length;
        if (larger !== count % sizes.length) throw new Error(`sizes ${sizes.join()} of ${count}`);
      }
    });
    expect.assertions(0);
  });
});
