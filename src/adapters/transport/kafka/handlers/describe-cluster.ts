import type { ErrorName } from '../../../../domain/model/error.ts';
import type { DescribeCluster as DescribeClusterUseCase } from '../../../../domain/use-cases/describe-cluster.ts';
import { DescribeCluster, type DescribeClusterResponse } from '../messages/describe-cluster.ts';
import { NO_ERROR } from '../messages/error-codes.ts';
import { serve, type ServedApi } from '../registry.ts';
import { ALL_CLUSTER_OPERATIONS, OPERATIONS_NOT_ASKED } from './authorized-operations.ts';
import { errorCode } from './errors.ts';

/** EndpointType (KIP-919). */
const BROKER = 1;
const CONTROLLER = 2;

/**
 * Says which brokers there are (KIP-700). A client may ask for controllers instead (v1), which do not listen here; fenced brokers
 * (v2) there are none, so that none is marked and none is left out. AuthHelper.computeDescribeClusterResponse.
 */
export function describeClusterHandler(describeCluster: DescribeClusterUseCase): ServedApi {
  return serve(DescribeCluster, ({ includeClusterAuthorizedOperations, endpointType }) => {
    if (endpointType === CONTROLLER) {
      return refusal(
        'MISMATCHED_ENDPOINT_TYPE',
        'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER',
      );
    }
    if (endpointType !== BROKER) {
      return refusal('UNSUPPORTED_ENDPOINT_TYPE', `Unsupported endpoint type ${endpointType}`);
    }
    const { clusterId, controllerId, brokers } = describeCluster.execute();
    return {
      throttleTimeMs: 0,
      errorCode: NO_ERROR,
      clusterId,
      controllerId,
      brokers: brokers.map(({ id, host, port }) => ({ brokerId: id, host, port })),
      clusterAuthorizedOperations: includeClusterAuthorizedOperations
        ? ALL_CLUSTER_OPERATIONS
        : OPERATIONS_NOT_ASKED,
    };
  });
}

function refusal(error: ErrorName, message: string): DescribeClusterResponse {
  const nothing = { throttleTimeMs: 0, clusterId: '', brokers: [] };
  return { ...nothing, errorCode: errorCode(error), errorMessage: message };
}
