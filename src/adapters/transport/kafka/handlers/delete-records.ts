import type { DeleteRecords as DeleteRecordsUseCase } from '../../../../domain/use-cases/delete-records.ts';
import { DeleteRecords } from '../messages/delete-records.ts';
import { serve, type ServedApi } from '../registry.ts';
import { byTopic, fromPartitions } from './by-topic.ts';
import { errorCode } from './errors.ts';

/** Drops the front of logs (KIP-107). All versions say the same; v2 is flexible. */
export function deleteRecordsHandler(deleteRecords: DeleteRecordsUseCase): ServedApi {
  return serve(DeleteRecords, async ({ topics }) => {
    const outcomes = await deleteRecords.execute(
      fromPartitions(topics, ({ partitionIndex, offset }, { name }) => ({
        topic: name,
        topicId: null,
        partition: partitionIndex,
        offset,
      })),
    );
    const answered = byTopic(topics, outcomes, ({ partitionIndex }, { error, lowWatermark }) => ({
      partitionIndex,
      lowWatermark,
      errorCode: errorCode(error),
    }));
    return {
      throttleTimeMs: 0,
      topics: answered.map(({ topic: { name }, partitions }) => ({ name, partitions })),
    };
  });
}
