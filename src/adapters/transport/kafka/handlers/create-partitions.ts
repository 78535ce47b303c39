import type { CreatePartitions as CreatePartitionsUseCase } from '../../../../domain/use-cases/create-partitions.ts';
import { CreatePartitions, type CreatePartitionsRequest } from '../messages/create-partitions.ts';
import { serve, type ServedApi } from '../registry.ts';
import { errorCode, orErrorResponse } from './errors.ts';

/** Adds partitions to topics (KIP-195). All versions say the same; v2 is flexible. */
export function createPartitionsHandler(createPartitions: CreatePartitionsUseCase): ServedApi {
  const handle = async ({ topics, validateOnly }: CreatePartitionsRequest) => {
    const results = await createPartitions.execute({
      validateOnly,
      topics: topics.map(({ name, count, assignments }) => ({
        name,
        count,
        assignments: assignments?.map(({ brokerIds }) => brokerIds) ?? null,
      })),
    });
    return {
      throttleTimeMs: 0,
      results: results.map(({ name, error, message }) => ({
        name,
        errorCode: errorCode(error),
        errorMessage: message,
      })),
    };
  };
  return serve(
    CreatePartitions,
    orErrorResponse(handle, ({ topics }, { code, message }) => ({
      throttleTimeMs: 0,
      results: topics.map(({ name }) => ({
        name,
        errorCode: errorCode(code),
        errorMessage: message,
      })),
    })),
  );
}
