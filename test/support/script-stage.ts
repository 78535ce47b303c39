import { expect } from 'vitest';
import type {
  GroupReply,
  HeartbeatReply,
  LeaveGroupReply,
} from '../../src/domain/model/group/group-commands.ts';
import type { GroupWorld } from './group-world.ts';
import { textTable } from './text-table.ts';

/** Somebody in a script of the classic protocol, as a request names it. */
interface Claim {
  readonly groupId: string;
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly generationId: number;
}

/** What a script of its own language plays: what its first column does, and how the group is told in the third. */
export interface Play {
  act(action: string): void;
  group(): string;
}

/**
 * Where scripts about a group are played: runs rows of `what happens | what is heard | the group afterwards`, of which an empty
 * last cell is not looked at, and asks what is the same in all of them.
 */
export class ScriptStage {
  readonly #world: GroupWorld;
  readonly #play: Play;
  #heard: string[] = [];

  constructor(world: GroupWorld, play: Play) {
    this.#world = world;
    this.#play = play;
  }

  run(table: string): void {
    for (const [action = '', heard = '', group = ''] of textTable(table)) {
      this.#heard = [];
      this.#play.act(action);
      const told = group === '' ? '' : this.#play.group();
      expect([action, this.#heard.join('; '), told]).toEqual([action, heard, group]);
    }
  }

  hear(name: string, what: string): void {
    this.#heard.push(`${name}: ${what}`);
  }

  /** `told` gives the error, or null for what went well. */
  ask(
    name: string,
    command: Parameters<GroupWorld['ask']>[0],
    told: (reply: GroupReply) => string | null,
  ): void {
    this.#world.ask(command, reply => this.hear(name, told(reply) ?? 'ok'));
  }

  beat(name: string, claim: Claim): void {
    this.ask(name, { type: 'heartbeat', ...claim }, reply => (reply as HeartbeatReply).error);
  }

  leave(name: string, { groupId, memberId, instanceId }: Claim): void {
    const members = [{ memberId, instanceId }];
    this.ask(name, { type: 'leave-group', groupId, members }, reply => {
      return (reply as LeaveGroupReply).members[0]!.error;
    });
  }
}

/** The two sides of `name=value`; a word alone has an empty value. */
export function pair(word: string): [string, string] {
  const at = word.indexOf('=');
  return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
}
