import type { DeleteOffsets } from '../../../../domain/use-cases/delete-offsets.ts';
import { OffsetDelete, type OffsetDeleteRequest } from '../messages/offset-delete.ts';
import { serve, type ServedApi } from '../registry.ts';
import { byTopic, fromPartitions } from './by-topic.ts';
import { errorCode, orErrorResponse } from './errors.ts';

/** Forgets offsets (KIP-496). When the group refuses as a whole, no partition is told of. */
export function offsetDeleteHandler(deleteOffsets: DeleteOffsets): ServedApi {
  const handle = async ({ groupId, topics }: OffsetDeleteRequest) => {
    const partitions = fromPartitions(topics, ({ partitionIndex }, { name }) => ({
      topic: name,
      partition: partitionIndex,
    }));
    const { error, errors } = await deleteOffsets.execute({ groupId, partitions });
    if (error !== null) return { errorCode: errorCode(error), topics: [] };
    const answered = byTopic(topics, errors, ({ partitionIndex }, error) => ({
      partitionIndex,
      errorCode: errorCode(error),
    }));
    return {
      errorCode: errorCode(null),
      topics: answered.map(({ topic: { name }, partitions }) => ({ name, partitions })),
    };
  };
  return serve(
    OffsetDelete,
    orErrorResponse(handle, (_, { code }) => ({ errorCode: errorCode(code), topics: [] })),
  );
}
