import type {
  Produce as ProduceUseCase,
  ProduceOutcome,
  ProducePartition,
} from '../../../../domain/use-cases/produce.ts';
import { Produce, type ProduceRequest, type ProduceResponse } from '../messages/produce.ts';
import { serve, type ServedApi } from '../registry.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import { NO_ERROR } from '../messages/error-codes.ts';
import { errorCode } from './errors.ts';

const FIRST_VERSION_WITH_ZSTD = 7;
const FIRST_VERSION_WITH_IDS = 13;

/** Appends record batches. With acks 0 there is no response, and an error closes the connection, as in Kafka. */
export function produceHandler(produce: ProduceUseCase): ServedApi {
  return serve(Produce, async (request, { apiVersion }) => {
    const { acks, timeoutMs, transactionalId } = request;
    const outcomes = await produce.execute({
      acks,
      timeoutMs,
      transactionalId,
      zstdAllowed: apiVersion >= FIRST_VERSION_WITH_ZSTD,
      partitions: partitionsOf(request, apiVersion >= FIRST_VERSION_WITH_IDS),
    });
    if (acks !== 0) return responseOf(request, outcomes);
    const failed = outcomes.find(({ error }) => error !== null);
    if (failed) throw new ProtocolError(`produce with acks 0 failed: ${failed.error}`);
    return null;
  });
}

function partitionsOf(request: ProduceRequest, byId: boolean): ProducePartition[] {
  const partitions: ProducePartition[] = [];
  for (const { name, topicId, partitionData } of request.topicData) {
    const topic = byId ? null : name;
    const id = byId ? topicId : null;
    for (const { index, records } of partitionData) {
      partitions.push({ topic, topicId: id, partition: index, records });
    }
  }
  return partitions;
}

/** Outcomes come in the order of the partitions. */
function responseOf(request: ProduceRequest, outcomes: ProduceOutcome[]): ProduceResponse {
  let next = 0;
  return {
    responses: request.topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index }) => partitionOf(index, outcomes[next++]!)),
    })),
  };
}

function partitionOf(
  index: number,
  outcome: ProduceOutcome,
): ProduceResponse['responses'][number]['partitionResponses'][number] {
  const { error, message, recordErrors, baseOffset, logAppendTimeMs, logStartOffset } = outcome;
  if (error === null) {
    return { index, errorCode: NO_ERROR, baseOffset, logAppendTimeMs, logStartOffset };
  }
  return {
    index,
    errorCode: errorCode(error),
    baseOffset,
    logAppendTimeMs,
    logStartOffset,
    errorMessage: message,
    recordErrors: recordErrors.map(record => ({
      batchIndex: record.batchIndex,
      batchIndexErrorMessage: record.message,
    })),
  };
}
