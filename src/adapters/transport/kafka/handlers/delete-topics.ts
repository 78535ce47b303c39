import type { BrokerError } from '../../../../domain/model/error.ts';
import type {
  DeleteTopicResult,
  DeleteTopics as DeleteTopicsUseCase,
  TopicReference,
} from '../../../../domain/use-cases/delete-topics.ts';
import {
  DeleteTopics,
  type DeleteTopicsRequest,
  type DeleteTopicsResponse,
} from '../messages/delete-topics.ts';
import { serve, type RequestContext, type ServedApi } from '../registry.ts';
import { ZERO_UUID } from '../wire/schema.ts';
import { errorCode, orErrorResponse } from './errors.ts';

const FIRST_VERSION_WITH_DELETION_DISABLED = 3;

/** Deletes topics by name, and from v6 on by id too. */
export function deleteTopicsHandler(deleteTopics: DeleteTopicsUseCase): ServedApi {
  const handle = async (request: DeleteTopicsRequest): Promise<DeleteTopicsResponse> => {
    const results = await deleteTopics.execute(referencesOf(request));
    return { responses: results.map(topicOf) };
  };
  return serve(DeleteTopics, orErrorResponse(handle, errorResponse));
}

/** Versions up to 5 have names alone, in a list of their own. */
function referencesOf({ topics, topicNames }: DeleteTopicsRequest): TopicReference[] {
  const byName = topicNames.map(name => ({ name, topicId: null }));
  const byEither = topics.map(({ name, topicId }) => ({
    name,
    topicId: topicId === ZERO_UUID ? null : topicId,
  }));
  return [...byName, ...byEither];
}

function topicOf(result: DeleteTopicResult): DeleteTopicsResponse['responses'][number] {
  return {
    name: result.name,
    topicId: result.topicId ?? ZERO_UUID,
    errorCode: errorCode(result.error),
    errorMessage: result.message,
  };
}

/** Like Kafka's, without a message. Old clients do not know that deletion can be disabled (KIP-322). */
function errorResponse(
  request: DeleteTopicsRequest,
  { code }: BrokerError,
  { apiVersion }: RequestContext,
): DeleteTopicsResponse {
  const unknown =
    code === 'TOPIC_DELETION_DISABLED' && apiVersion < FIRST_VERSION_WITH_DELETION_DISABLED;
  const error = unknown ? 'INVALID_REQUEST' : code;
  return {
    responses: referencesOf(request).map(({ name, topicId }) => ({
      name,
      topicId: topicId ?? ZERO_UUID,
      errorCode: errorCode(error),
    })),
  };
}
