import { BrokerError } from '../../../../domain/model/error.ts';
import type {
  CoordinatorKeyType,
  FindCoordinator as FindCoordinatorUseCase,
} from '../../../../domain/use-cases/find-coordinator.ts';
import {
  FindCoordinator,
  type FindCoordinatorRequest,
  type FindCoordinatorResponse,
} from '../messages/find-coordinator.ts';
import { NO_ERROR } from '../messages/error-codes.ts';
import { serve, type ServedApi } from '../registry.ts';
import { errorCode } from './errors.ts';

type Found = NonNullable<FindCoordinatorResponse['coordinators']>[number];

const FIRST_VERSION_WITH_MANY = 4;
const KEY_TYPES: readonly CoordinatorKeyType[] = ['group', 'transaction'];

/** Says who coordinates groups (key type 0) and transactions (1); nobody does share groups (2) here, as in a Kafka without them. */
export function findCoordinatorHandler(findCoordinator: FindCoordinatorUseCase): ServedApi {
  return serve(FindCoordinator, async (request, { apiVersion }) => {
    const keys = apiVersion < FIRST_VERSION_WITH_MANY ? [request.key] : request.coordinatorKeys;
    const found = await Promise.all(keys.map(key => find(findCoordinator, request, key)));
    if (apiVersion >= FIRST_VERSION_WITH_MANY) return { ...NOT_ONE, coordinators: found };
    return { ...found[0]!, coordinators: [] };
  });
}

/** What later versions have no fields for. */
const NOT_ONE = { nodeId: 0, host: '', port: 0, errorCode: NO_ERROR };
const NOWHERE = { nodeId: -1, host: '', port: -1, errorCode: NO_ERROR };

async function find(
  findCoordinator: FindCoordinatorUseCase,
  { keyType }: FindCoordinatorRequest,
  key: string,
): Promise<Found> {
  try {
    const type = KEY_TYPES[keyType];
    if (!type) throw new BrokerError('INVALID_REQUEST', `nobody coordinates key type ${keyType}`);
    const { id, host, port } = await findCoordinator.execute(type, key);
    return { key, nodeId: id, host, port, errorCode: NO_ERROR, errorMessage: null };
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return { ...NOWHERE, key, errorCode: errorCode(error.code), errorMessage: error.message };
  }
}
