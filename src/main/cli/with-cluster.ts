import { parseBootstrap } from '../../adapters/transport/kafka/client/address.ts';
import { KafkaCluster } from '../../adapters/transport/kafka/client/kafka-cluster.ts';
import { UsageError } from './failures.ts';

const TIMEOUT_MS = 30_000;

/** Connects, does the work, and closes whatever becomes of it. */
export async function withCluster<T>(
  bootstrap: string,
  work: (cluster: KafkaCluster) => Promise<T>,
): Promise<T> {
  const addresses = parseBootstrap(bootstrap);
  if (addresses === null) {
    const given = JSON.stringify(bootstrap);
    throw new UsageError(
      `bootstrap = ${given} is wrong: allowed is host:port, as in 127.0.0.1:9092`,
    );
  }
  const options = { clientId: 'hexlog-cli', timeoutMs: TIMEOUT_MS };
  const cluster = await KafkaCluster.connect(addresses, options);
  try {
    return await work(cluster);
  } finally {
    await cluster.close();
  }
}
