import type { ListedGroup } from '../model/group/group-commands.ts';
import type { GroupCoordinators } from './runtime/group-coordinators.ts';

/** Which groups; a filter that is empty lets all pass. Upper and lower case are the same. */
export interface ListGroupsQuery {
  readonly states: readonly string[];
  readonly types: readonly string[];
}

/** Lists the groups of this broker. */
export class ListGroups {
  readonly #groups: GroupCoordinators;

  constructor(groups: GroupCoordinators) {
    this.#groups = groups;
  }

  /** Rejects as GroupCoordinators.ask does when one coordinator cannot answer. */
  async execute({ states, types }: ListGroupsQuery): Promise<ListedGroup[]> {
    const answers = await this.#groups.askAll<'list-groups'>({ type: 'list-groups' });
    const hasState = filterOf(states);
    const hasType = filterOf(types);
    return answers.flatMap(({ groups }) =>
      groups.filter(({ state, kind }) => hasState(state) && hasType(kind)),
    );
  }
}

function filterOf(words: readonly string[]): (word: string) => boolean {
  const wanted = new Set(words.map(word => word.trim().toLowerCase()));
  return word => wanted.size === 0 || wanted.has(word.toLowerCase());
}
