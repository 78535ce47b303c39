import type {
  DeleteTopics as DeleteTopicsUseCase,
  DeleteTopicResult,
  TopicReference,
} from '../../../../domain/use-cases/delete-topics.ts';
import type { BrokerError } from '../../../../domain/model/error.ts';
import {
  DeleteTopics,
  type DeleteTopicsRequest,
  type DeleteTopicsResponse,
} from '../messages/delete-topics.ts';
import { serve, type ServedApi } from '../registry.ts';
import { ZERO_UUID } from '../wire/schema.ts';
import { errorCode, orErrorResponse } from './errors.ts';

const FIRST_VERSION_WITH_DELETION_DISABLED = 3;

/** Deletes topics by name, and from v6 on by id too. */
export function deleteTopicsHandler(deleteTopics: DeleteTopicsUseCase): ServedApi {
  return serve(DeleteTopics, (request, { apiVersion }) => {
    const handle = async (): Promise<DeleteTopicsResponse> => {
      const results = await deleteTopics.execute(referencesOf(request));
      return { responses: results.map(topicOf) };
    };
    return orErrorResponse(handle, errorResponse)(request);
  });
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
