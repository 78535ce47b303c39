import type { ClassicMember } from './classic-member.ts';

/** How many members support each protocol, kept as they come and go: a protocol is a candidate when all do. */
export class ProtocolVotes {
  readonly #supporters = new Map<string, number>();

  add({ protocols }: ClassicMember): void {
    for (const { name } of protocols) this.#supporters.set(name, this.#count(name) + 1);
  }

  remove({ protocols }: ClassicMember): void {
    for (const { name } of protocols) {
      const left = this.#count(name) - 1;
      if (left > 0) this.#supporters.set(name, left);
      else this.#supporters.delete(name);
    }
  }

  /** Whether one of these protocols is supported by all of so many members. */
  supportsOneOf(names: Iterable<string>, memberCount: number): boolean {
    for (const name of names) if (this.#count(name) === memberCount) return true;
    return false;
  }

  /** Each member votes for the first candidate in its own list; the most votes win, the earlier candidate among equals. */
  elect(members: ReadonlyMap<string, ClassicMember>): string {
    const votes = new Map<string, number>();
    for (const { protocols } of members.values()) {
      const choice = protocols.find(({ name }) => this.#count(name) === members.size);
      if (!choice) throw new Error('a member was let in that shares no protocol with the others');
      votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
    }
    const [winner] = [...votes].reduce((best, next) => (next[1] > best[1] ? next : best));
    return winner;
  }

  #count(name: string): number {
    return this.#supporters.get(name) ?? 0;
  }
}
