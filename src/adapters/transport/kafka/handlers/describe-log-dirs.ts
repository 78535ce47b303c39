import type { DescribeLogDirs as DescribeLogDirsUseCase } from '../../../../domain/use-cases/describe-log-dirs.ts';
import { DescribeLogDirs } from '../messages/describe-log-dirs.ts';
import { NO_ERROR } from '../messages/error-codes.ts';
import { serve, type ServedApi } from '../registry.ts';
import { errorCode } from './errors.ts';

/**
 * Says how large the logs are and where they lie (KIP-113). v1 and v2 have no error of the whole request, v4 adds the room on the
 * volume (KIP-827); v5 asks which directories are cordoned (KIP-1066): the only one there is takes logs, so it never is.
 */
export function describeLogDirsHandler(describeLogDirs: DescribeLogDirsUseCase): ServedApi {
  return serve(DescribeLogDirs, async ({ topics }) => {
    const wanted = topics?.map(({ topic, partitions }) => ({ name: topic, partitions }));
    const directory = await describeLogDirs.execute(wanted ?? null);
    return {
      throttleTimeMs: 0,
      errorCode: NO_ERROR,
      results: [
        {
          errorCode: errorCode(directory.error),
          logDir: directory.location,
          topics: directory.topics.map(({ name, partitions }) => ({
            name,
            partitions: partitions.map(({ partition, sizeInBytes }) => ({
              partitionIndex: partition,
              partitionSize: sizeInBytes,
              // The log of a leader lags behind nobody, and none is on its way to another directory.
              offsetLag: 0,
              isFutureKey: false,
            })),
          })),
          totalBytes: directory.totalBytes,
          usableBytes: directory.usableBytes,
        },
      ],
    };
  });
}
