import { Coordinator } from '../../adapters/transport/kafka/client/coordinator.ts';
import type { KafkaCluster } from '../../adapters/transport/kafka/client/kafka-cluster.ts';
import { withCluster } from './with-cluster.ts';

/** Connects, finds who coordinates the group when asked of it, does the work, and closes whatever becomes of it. */
export function withCoordinator<T>(
  bootstrap: string,
  groupId: string,
  work: (coordinator: Coordinator, cluster: KafkaCluster) => Promise<T>,
): Promise<T> {
  return withCluster(bootstrap, async cluster => {
    const coordinator = new Coordinator(cluster, groupId);
    try {
      return await work(coordinator, cluster);
    } finally {
      await coordinator.close();
    }
  });
}
