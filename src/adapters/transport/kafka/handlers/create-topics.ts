import type { BrokerError } from '../../../../domain/model/error.ts';
import type {
  CreateTopicResult,
  CreateTopics as CreateTopicsUseCase,
} from '../../../../domain/use-cases/create-topics.ts';
import {
  CreateTopics,
  type CreateTopicsRequest,
  type CreateTopicsResponse,
} from '../messages/create-topics.ts';
import { serve, type ServedApi } from '../registry.ts';
import { ZERO_UUID } from '../wire/schema.ts';
import { CONFIG_SOURCE_CODES } from './config-codes.ts';
import { errorCode, orErrorResponse } from './errors.ts';

/** Creates topics. What a version has no field for stays unsaid: counts and configs before v5, ids before v7. */
export function createTopicsHandler(createTopics: CreateTopicsUseCase): ServedApi {
  const handle = async (request: CreateTopicsRequest): Promise<CreateTopicsResponse> => {
    const { topics, validateOnly } = request;
    const results = await createTopics.execute({ topics: topics.map(wantedOf), validateOnly });
    return { topics: results.map(topicOf) };
  };
  return serve(CreateTopics, orErrorResponse(handle, errorResponse));
}

function wantedOf(topic: CreateTopicsRequest['topics'][number]) {
  const { name, numPartitions, replicationFactor, configs } = topic;
  const assignments = topic.assignments.map(({ partitionIndex, brokerIds }) => ({
    partition: partitionIndex,
    brokerIds,
  }));
  return { name, partitions: numPartitions, replicationFactor, assignments, configs };
}

function topicOf(result: CreateTopicResult): CreateTopicsResponse['topics'][number] {
  return {
    name: result.name,
    topicId: result.topicId ?? ZERO_UUID,
    errorCode: errorCode(result.error),
    errorMessage: result.message,
    numPartitions: result.partitions,
    replicationFactor: result.replicationFactor,
    configs: result.configs.map(({ name, value, readOnly, source, sensitive }) => ({
      name,
      value,
      readOnly,
      configSource: CONFIG_SOURCE_CODES[source],
      isSensitive: sensitive,
    })),
  };
}

function errorResponse(
  { topics }: CreateTopicsRequest,
  { code, message }: BrokerError,
): CreateTopicsResponse {
  return {
    topics: topics.map(({ name }) => ({
      name,
      errorCode: errorCode(code),
      errorMessage: message,
    })),
  };
}
