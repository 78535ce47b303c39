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

  /** The topics and expressions that are wanted when members have gone and others have come. */
  after(leaving: readonly MemberFacts[], joining: readonly MemberFacts[]): Wanted {
    return {
      topics: keysAfter(this.#topics, leaving.flatMap(topicsOf), joining.flatMap(topicsOf)),
      regexes: keysAfter(this.#regexes, leaving.flatMap(regexesOf), joining.flatMap(regexesOf)),
    };
  }
}

export interface Wanted {
  readonly topics: Set<string>;
  readonly regexes: Set<string>;
}

function topicsOf({ subscribedTopics }: MemberFacts): readonly string[] {
  return subscribedTopics;
}

function regexesOf({ subscribedRegex }: MemberFacts): readonly string[] {
  return subscribedRegex === null ? [] : [subscribedRegex];
}

function keysAfter(
  counts: ReadonlyMap<string, number>,
  gone: readonly string[],
  come: readonly string[],
): Set<string> {
  const keys = new Set(counts.keys());
  const left = new Map<string, number>();
  for (const key of gone) {
    const count = (left.get(key) ?? counts.get(key) ?? 0) - 1;
    left.set(key, count);
    if (count === 0) keys.delete(key);
  }
  for (const key of come) keys.add(key);
  return keys;
}

function change(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
