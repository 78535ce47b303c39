import { BrokerError } from '../model/error.ts';
import type { BrokerNode } from './describe-cluster.ts';
import type { GroupCoordinators } from './runtime/group-coordinators.ts';

export type CoordinatorKeyType = 'group' | 'transaction';

/** Who coordinates: on one node, always this broker. Its coordinator is ready for requests when this resolves. */
export class FindCoordinator {
  readonly #groups: GroupCoordinators;
  readonly #self: () => BrokerNode;

  constructor(groups: GroupCoordinators, self: () => BrokerNode) {
    this.#groups = groups;
    this.#self = self;
  }

  /**
   * Rejects with COORDINATOR_NOT_AVAILABLE, also for transactions, which nobody coordinates here yet; with UNKNOWN_SERVER_ERROR where
   * it is of no use to try again, as with a damaged log.
   */
  async execute(type: CoordinatorKeyType, key: string): Promise<BrokerNode> {
    if (type === 'transaction') {
      throw new BrokerError('COORDINATOR_NOT_AVAILABLE', 'transactions are not coordinated here');
    }
    await this.#groups.prepare(key).catch((error: unknown) => {
      if (error instanceof BrokerError && error.code === 'UNKNOWN_SERVER_ERROR') throw error;
      const message = error instanceof Error ? error.message : String(error);
      throw new BrokerError('COORDINATOR_NOT_AVAILABLE', message);
    });
    return this.#self();
  }
}
