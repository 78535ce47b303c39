import { connect, type Socket } from 'node:net';
import { addressText, type Address } from './address.ts';
import { ClientError } from './client-error.ts';

/** A connected socket; rejects with `unreachable` when nobody answers in time. */
export function openSocket(address: Address, timeoutMs: number): Promise<Socket> {
  const socket = connect({ host: address.host, port: address.port, noDelay: true });
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      socket.destroy();
      const where = addressText(address);
      reject(new ClientError('unreachable', `no broker answers at ${where} (${reason})`));
    };
    const failed = (error: NodeJS.ErrnoException): void => fail(error.code ?? error.message);
    socket.setTimeout(timeoutMs, () => fail(`no connection within ${timeoutMs} ms`));
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      socket.setTimeout(0).removeAllListeners('timeout');
      resolve(socket);
    });
  });
}
