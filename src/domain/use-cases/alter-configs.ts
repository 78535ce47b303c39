import { attempt, duplicatesIn, refused, SUCCESS, type Outcome } from '../model/outcome.ts';
import {
  changing,
  checkChanges,
  planAlteration,
  replacing,
  type Alteration,
  type ConfigChange,
  type Resource,
} from '../model/cluster/config-change.ts';
import type { ClusterMetadata } from '../model/cluster/metadata.ts';
import type { MetadataEvent } from '../model/cluster/metadata-events.ts';
import type { Decision, MetadataLog } from './runtime/metadata-log.ts';

/**
 * `incremental` changes the named settings only (KIP-339); `replace` is the legacy AlterConfigs, after which what is not named
 * has its default, and every operation counts as SET.
 */
export type AlterMode = 'incremental' | 'replace';

export interface ResourceChanges {
  readonly resource: Resource;
  readonly changes: readonly ConfigChange[];
}

export interface AlterConfigsCommand {
  readonly mode: AlterMode;
  readonly resources: readonly ResourceChanges[];
  readonly validateOnly: boolean;
}

export interface AlterConfigsResult extends Outcome {
  readonly resource: Resource;
}

interface Planned {
  readonly result: AlterConfigsResult;
  readonly event: MetadataEvent | null;
}

/**
 * Alters settings of topics and of the broker, each resource as a whole or not at all. Durable when it resolves, and in force;
 * rejects with KAFKA_STORAGE_ERROR. (Kafka's ConfigAdminManager and ConfigurationControlManager.)
 */
export class AlterConfigs {
  readonly #metadata: MetadataLog;
  readonly #brokerId: number;

  constructor(metadata: MetadataLog, brokerId: number) {
    this.#metadata = metadata;
    this.#brokerId = brokerId;
  }

  execute(command: AlterConfigsCommand): Promise<AlterConfigsResult[]> {
    return this.#metadata.update(state => this.#decide(command, state));
  }

  #decide(command: AlterConfigsCommand, state: ClusterMetadata): Decision<AlterConfigsResult[]> {
    const twice = duplicatesIn(command.resources.map(({ resource }) => keyOf(resource)));
    const planned = command.resources.map(({ resource, changes }): Planned => {
      if (twice.has(keyOf(resource))) return { result: { resource, ...TWICE }, event: null };
      return attempt(
        () => {
          const event = this.#plan(resource, alteration(command.mode, changes), state);
          return { result: { resource, ...SUCCESS }, event };
        },
        outcome => ({ result: { resource, ...outcome }, event: null }),
      );
    });
    const events = planned.flatMap(({ event }) => (event && !command.validateOnly ? [event] : []));
    return { events, answer: planned.map(({ result }) => result) };
  }

  #plan(resource: Resource, alter: Alteration, state: ClusterMetadata): MetadataEvent | null {
    return planAlteration(resource, alter, { state, brokerId: this.#brokerId });
  }
}

const TWICE = refused('INVALID_REQUEST', 'Each resource must appear at most once.');

const keyOf = ({ type, name }: Resource): string => `${type}/${name}`;

function alteration(mode: AlterMode, changes: readonly ConfigChange[]): Alteration {
  const all =
    mode === 'incremental'
      ? changes
      : changes.map(change => ({ ...change, operation: 'SET' as const }));
  checkChanges(all);
  return mode === 'incremental' ? changing(all) : replacing(all);
}
