import { BrokerError } from '../model/error.ts';
import type { Resource, ResourceType } from '../model/cluster/config-change.ts';
import type { ClusterMetadata } from '../model/cluster/metadata.ts';

const ALL: readonly ResourceType[] = [
  'TOPIC',
  'BROKER',
  'BROKER_LOGGER',
  'CLIENT_METRICS',
  'GROUP',
];

/** Lists what has settings (KIP-1142): of the given types, or of all when none is given. */
export class ListConfigResources {
  readonly #state: ClusterMetadata;
  readonly #brokerId: number;

  constructor(state: ClusterMetadata, brokerId: number) {
    this.#state = state;
    this.#brokerId = brokerId;
  }

  /** Throws UNSUPPORTED_VERSION for a type that this broker does not know. */
  execute(types: readonly ResourceType[]): Resource[] {
    if (types.includes('UNKNOWN')) {
      throw new BrokerError('UNSUPPORTED_VERSION', 'A resource type is not known.');
    }
    const wanted = new Set(types.length === 0 ? ALL : types);
    return [...wanted].flatMap(type => this.#named(type).map(name => ({ type, name })));
  }

  #named(type: ResourceType): string[] {
    if (type === 'TOPIC') return [...this.#state.topics()].map(topic => topic.name);
    if (type === 'BROKER' || type === 'BROKER_LOGGER') return [String(this.#brokerId)];
    return [];
  }
}
