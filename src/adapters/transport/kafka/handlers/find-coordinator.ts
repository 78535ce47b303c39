import { FindCoordinator, type FindCoordinatorRequest } from '../messages/find-coordinator.ts';
import { serve, type ServedApi } from '../registry.ts';
import { errorCode } from './errors.ts';

const FIRST_VERSION_WITH_MANY = 4;
/** What Kafka says of nobody (Node.noNode). */
const NOBODY = { nodeId: -1, host: '', port: -1 };

/**
 * Says truly that no coordinator is to be had, since this broker coordinates neither groups nor transactions. It is served all
 * the same because librdkafka compresses with LZ4 only where it is (`rd_kafka_feature_map`: LZ4 came to Kafka with it), and
 * otherwise sends such batches uncompressed without a word. The error is the retriable one: librdkafka keeps it from consumers
 * that were assigned their partitions, to whom any other is reported.
 */
export function findCoordinatorHandler(): ServedApi {
  return serve(FindCoordinator, ({ coordinatorKeys }: FindCoordinatorRequest, { apiVersion }) => {
    const absent = {
      ...NOBODY,
      errorCode: errorCode('COORDINATOR_NOT_AVAILABLE'),
      errorMessage: 'this broker coordinates no groups and no transactions',
    };
    if (apiVersion < FIRST_VERSION_WITH_MANY) return absent;
    return { coordinators: coordinatorKeys.map(key => ({ key, ...absent })) };
  });
}
