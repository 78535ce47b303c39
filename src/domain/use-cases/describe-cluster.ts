import type { MetadataLog } from './runtime/metadata-log.ts';

/** A broker, and where clients reach it. */
export interface BrokerNode {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

export interface ClusterDescription {
  readonly clusterId: string;
  readonly controllerId: number;
  readonly brokers: readonly BrokerNode[];
}

/** Says which cluster this is and who is in it: this broker alone, which is its own controller. */
export class DescribeCluster {
  readonly #metadata: MetadataLog;
  readonly #self: () => BrokerNode;

  /** `self` gives the address that clients are told, which may be known only once the listener is bound. */
  constructor(metadata: MetadataLog, self: () => BrokerNode) {
    this.#metadata = metadata;
    this.#self = self;
  }

  execute(): ClusterDescription {
    const self = this.#self();
    return { clusterId: this.#metadata.clusterId, controllerId: self.id, brokers: [self] };
  }
}
