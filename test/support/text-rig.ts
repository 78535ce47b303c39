import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import {
  TextListener,
  type TextListenerOptions,
} from '../../src/adapters/transport/text/text-listener.ts';
import { RecordsCore } from './records-core.ts';
import { RecordingLogger } from './recording-logger.ts';
import { TextClient } from './text-client.ts';

/** The text transport over the real use cases, with clients that go when it does. */
export class TextRig {
  readonly logger = new RecordingLogger();
  readonly records: RecordsCore;
  readonly listener: TextListener;
  /** The listener's ends of all connections. */
  readonly sockets: Socket[] = [];
  readonly #clients: TextClient[] = [];
  port = 0;

  constructor(records: RecordsCore, options: Partial<TextListenerOptions>) {
    this.records = records;
    this.listener = new TextListener({
      ...{ host: '127.0.0.1', port: 0, useCases: records, logger: this.logger, drainMs: 100 },
      ...options,
    });
  }

  readonly note = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    if (socket.localPort === this.port) this.sockets.push(socket);
  };

  async client(): Promise<TextClient> {
    const client = await TextClient.connect(this.port);
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    unsubscribe('net.server.socket', this.note);
    for (const client of this.#clients) client[Symbol.dispose]();
    await this.listener.stop();
  }
}

export async function textRig(options: Partial<TextListenerOptions> = {}): Promise<TextRig> {
  const rig = new TextRig(await RecordsCore.start(), options);
  subscribe('net.server.socket', rig.note);
  rig.port = (await rig.listener.start()).port;
  return rig;
}

/** Resolves when the numbers that `look` gives stand still. */
export async function untilStill(look: () => number): Promise<number> {
  let last = -1;
  for (let same = 0; same < 50; same++) {
    await new Promise(resolve => setImmediate(resolve));
    await new Promise(resolve => setImmediate(resolve));
    const now = look();
    if (now !== last) same = 0;
    last = now;
  }
  return last;
}
