import {
  array,
  bool,
  int16,
  int32,
  int8,
  message,
  nullable,
  string,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** KIP-700. v1 asks for brokers (1) or controllers (2) (KIP-919), v2 for fenced brokers too (KIP-1073). */
export const DescribeClusterRequest = message('DescribeClusterRequest', '0-2', 0, {
  includeClusterAuthorizedOperations: bool,
  endpointType: int8.since(1).default(1),
  includeFencedBrokers: bool.since(2),
});
export type DescribeClusterRequest = Reads<typeof DescribeClusterRequest>;

export const DescribeClusterResponse = message('DescribeClusterResponse', '0-2', 0, {
  throttleTimeMs: int32,
  errorCode: int16,
  errorMessage: nullable(string).default(null),
  endpointType: int8.since(1).default(1),
  clusterId: string,
  controllerId: int32.default(-1),
  brokers: array({
    brokerId: int32,
    host: string,
    port: int32,
    rack: nullable(string).default(null),
    isFenced: bool.since(2),
  }),
  clusterAuthorizedOperations: int32.default(-0x80000000),
});
export type DescribeClusterResponse = Writes<typeof DescribeClusterResponse>;

export const DescribeCluster = {
  key: 60,
  name: 'DescribeCluster',
  request: DescribeClusterRequest,
  response: DescribeClusterResponse,
} satisfies Api;
