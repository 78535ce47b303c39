import { BrokerError, type ErrorName } from '../../../../domain/model/error.ts';
import { ERROR_CODES, NO_ERROR } from '../messages/error-codes.ts';
import type { Handler, RequestContext } from '../registry.ts';

/** The number on the wire for an error name, or for none. */
export function errorCode(error: ErrorName | null): number {
  return error === null ? NO_ERROR : ERROR_CODES[error];
}

const MESSAGE_MAX = 1000;

/** A text for people, which may repeat what a client sent: cut, so that it is never too long for the wire. */
export function errorMessage(message: string | null): string | null {
  return message === null ? null : message.slice(0, MESSAGE_MAX);
}

/**
 * A handler that answers a request which failed as a whole in its API's own shape, as Kafka's AbstractRequest.getErrorResponse
 * does. What is no BrokerError is thrown on.
 */
export function orErrorResponse<Request, Response>(
  handle: Handler<Request, Response>,
  errorResponse: (request: Request, error: BrokerError, context: RequestContext) => Response,
): Handler<Request, Response> {
  return async (request, context) => {
    try {
      return await handle(request, context);
    } catch (error) {
      if (error instanceof BrokerError) return errorResponse(request, error, context);
      throw error;
    }
  };
}
