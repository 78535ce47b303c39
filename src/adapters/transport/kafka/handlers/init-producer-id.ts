import type { InitProducerId as InitProducerIdUseCase } from '../../../../domain/use-cases/init-producer-id.ts';
import { InitProducerId, type InitProducerIdRequest } from '../messages/init-producer-id.ts';
import { NO_ERROR } from '../messages/error-codes.ts';
import { serve, type ServedApi } from '../registry.ts';
import { errorCode, orErrorResponse } from './errors.ts';

/** Gives producers their ids. Versions before 3 cannot show an older identity (KIP-360): their fields read as -1. */
export function initProducerIdHandler(initProducerId: InitProducerIdUseCase): ServedApi {
  const handle = async (request: InitProducerIdRequest) => {
    const { transactionalId, producerId, producerEpoch } = request;
    const command = { transactionalId, producerId, producerEpoch };
    return { errorCode: NO_ERROR, ...(await initProducerId.execute(command)) };
  };
  return serve(
    InitProducerId,
    orErrorResponse(handle, (_, { code }) => ({
      errorCode: errorCode(code),
      producerId: -1,
      producerEpoch: -1,
    })),
  );
}
