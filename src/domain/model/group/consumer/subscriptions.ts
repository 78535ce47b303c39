import type { MemberFacts } from './consumer-member.ts';

/** How many members want what: topics by name, and regular expressions. */
export class Subscriptions {
  readonly #topics = new Map<string, number>();
  readonly #regexes = new Map<string, number>();

  add(member: MemberFacts): void {
    for (const topic of member.subscribedTopics) change(this.#topics, topic, 1);
    if (member.subscribedRegex !== null) change(this.#regexes, member.subscribedRegex, 1);
  }

  remove(member: MemberFacts): void {
    for (const topic of member.subscribedTopics) change(this.#topics, topic, -1);
    if (member.subscribedRegex !== null) change(this.#regexes, member.subscribedRegex, -1);
  }

  /** The topics and expressions that are wanted when one member gives way to another; either may be missing. */
  after(leaving: MemberFacts | null, joining: MemberFacts | null): Wanted {
    const gone = leaving?.subscribedTopics ?? [];
    const come = joining?.subscribedTopics ?? [];
    return {
      topics: keysAfter(this.#topics, gone, come),
      regexes: keysAfter(this.#regexes, regexesOf(leaving), regexesOf(joining)),
    };
  }
}

export interface Wanted {
  readonly topics: Set<string>;
  readonly regexes: Set<string>;
}

function regexesOf(member: MemberFacts | null): string[] {
  const regex = member?.subscribedRegex ?? null;
  return regex === null ? [] : [regex];
}

function keysAfter(
  counts: ReadonlyMap<string, number>,
  gone: readonly string[],
  come: readonly string[],
): Set<string> {
  const keys = new Set(counts.keys());
  for (const key of gone) if (counts.get(key) === 1) keys.delete(key);
  for (const key of come) keys.add(key);
  return keys;
}

function change(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
