import {
  array,
  arrayOf,
  bool,
  int16,
  int32,
  int64,
  message,
  nullable,
  string,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** KIP-113; no topics at all (null) asks for every log. */
export const DescribeLogDirsRequest = message('DescribeLogDirsRequest', '1-5', 2, {
  topics: nullable(array({ topic: string, partitions: arrayOf(int32) })),
});
export type DescribeLogDirsRequest = Reads<typeof DescribeLogDirsRequest>;

/** v3 an error of the whole request, v4 the volume's size (KIP-827), v5 cordoned directories (KIP-1066). */
export const DescribeLogDirsResponse = message('DescribeLogDirsResponse', '1-5', 2, {
  throttleTimeMs: int32,
  errorCode: int16.since(3).ignorable(),
  results: array({
    errorCode: int16,
    logDir: string,
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        partitionSize: int64,
        offsetLag: int64,
        isFutureKey: bool,
      }),
    }),
    totalBytes: int64.since(4).default(-1).ignorable(),
    usableBytes: int64.since(4).default(-1).ignorable(),
    isCordoned: bool.since(5).ignorable(),
  }),
});
export type DescribeLogDirsResponse = Writes<typeof DescribeLogDirsResponse>;

export const DescribeLogDirs = {
  key: 35,
  name: 'DescribeLogDirs',
  request: DescribeLogDirsRequest,
  response: DescribeLogDirsResponse,
} satisfies Api;
