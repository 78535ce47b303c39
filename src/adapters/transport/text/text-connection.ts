import type { Socket } from 'node:net';
import type { Logger } from '../../../ports/logger.ts';
import { parseCommand, type Command, type ProduceCommand } from './commands.ts';
import { LineReader, type Line } from './line-reader.ts';
import type { TextCommands } from './text-commands.ts';

export interface TextConnectionOptions {
  readonly commands: TextCommands;
  readonly logger: Logger;
  readonly maxLineBytes: number;
  /** How long it may be silent while nothing is done for it, or may leave what it is sent, in milliseconds. */
  readonly maxIdleMs: number;
}

/** The client is gone: nobody hears the rest of an answer. */
class GoneError extends Error {}

/**
 * One client. What came is answered before more is read, and an answer goes no faster than the client takes it: that bounds what is
 * kept for it to one read and one socket's buffer.
 */
export class TextConnection {
  readonly #socket: Socket;
  readonly #options: TextConnectionOptions;
  readonly #lines: LineReader;
  readonly #gone = new AbortController();
  readonly #ended: Promise<void>;
  #wake = (): void => {};
  #isBusy = false;
  #isDraining = false;
  #isCorked = false;

  /** Begins at once. The socket must allow to be half open, so that a client that has said all is answered. */
  constructor(socket: Socket, options: TextConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#lines = new LineReader(options.maxLineBytes);
    this.#listen();
    this.#ended = this.#converse().catch((error: unknown) => this.#fail(error));
  }

  /** Answers what was received, then closes; resolves when it is closed. */
  drain(): Promise<void> {
    this.#isDraining = true;
    this.#wake();
    return this.#ended;
  }

  /** Closes at once. */
  close(): void {
    this.#socket.destroy();
  }

  #listen(): void {
    const socket = this.#socket;
    const wake = (): void => this.#wake();
    for (const event of ['readable', 'end', 'drain'] as const) socket.on(event, wake);
    socket.on('close', () => {
      this.#gone.abort();
      this.#wake();
    });
    // What it means is told by 'close', which follows.
    socket.on('error', () => {});
    socket.setTimeout(this.#options.maxIdleMs, () => this.#silent());
  }

  async #converse(): Promise<void> {
    const socket = this.#socket;
    try {
      while (await this.#answerNext()) continue;
      // What still comes is read and dropped: a socket that is closed with bytes unread resets, and the last answers may be lost.
      socket.resume();
    } catch (error) {
      if (!(error instanceof GoneError)) throw error;
    }
    if (socket.destroyed) return;
    const closed = new Promise<void>(resolve => socket.once('close', () => resolve()));
    socket.end(() => socket.destroy());
    await closed;
  }

  /** False when there is nothing more to come. */
  async #answerNext(): Promise<boolean> {
    const socket = this.#socket;
    const chunk = socket.read() as Buffer | null;
    if (chunk !== null) return this.#answer(this.#lines.push(chunk));
    if (socket.readableEnded) {
      await this.#answer(this.#lines.end());
      return false;
    }
    if (this.#isDraining || this.#gone.signal.aborted) return false;
    await this.#woken();
    return true;
  }

  /** Whether the client may say more. */
  async #answer(lines: Iterable<Line>): Promise<boolean> {
    const { commands, maxLineBytes } = this.#options;
    const say = (line: string): Promise<void> | undefined => this.#say(line);
    this.#isBusy = true;
    try {
      for (const run of runsOf(lines, maxLineBytes)) {
        const [first] = run;
        if (first!.kind === 'produce') await commands.produce(run as ProduceCommand[], say);
        else await commands.execute(first!, say, this.#gone.signal);
        if (isLastWord(first!)) return false;
      }
      return true;
    } finally {
      this.#isBusy = false;
    }
  }

  #say(line: string): Promise<void> | undefined {
    if (this.#gone.signal.aborted || this.#socket.destroyed) throw new GoneError();
    this.#cork();
    return this.#socket.write(`${line}\n`) ? undefined : this.#taken();
  }

  /** What is said in one go leaves in one piece. */
  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      this.#socket.uncork();
    });
  }

  /** Resolves when the client has taken what it was sent. */
  async #taken(): Promise<void> {
    while (this.#socket.writableNeedDrain && !this.#gone.signal.aborted) await this.#woken();
    if (this.#gone.signal.aborted) throw new GoneError();
  }

  #woken(): Promise<void> {
    return new Promise(resolve => (this.#wake = resolve));
  }

  #silent(): void {
    const { maxIdleMs } = this.#options;
    // It fires once, unless it is set again.
    if (this.#isBusy && this.#socket.writableLength === 0) {
      return void this.#socket.setTimeout(maxIdleMs);
    }
    if (this.#socket.writableLength > 0) return this.close();
    this.#socket.end(`ERR IDLE_TIMEOUT nothing came for ${maxIdleMs} ms\n`);
    this.#socket.destroySoon();
  }

  #fail(error: unknown): void {
    const message = error instanceof Error ? error.stack : String(error);
    this.#options.logger.error({ error: message }, 'a conversation in text failed');
    this.close();
  }
}

function isLastWord(command: Command): boolean {
  return command.kind === 'quit' || (command.kind === 'refused' && command.isLast);
}

/** Commands one by one, but records for one topic that follow one another together. */
function* runsOf(lines: Iterable<Line>, maxLineBytes: number): Generator<Command[]> {
  let run: ProduceCommand[] = [];
  for (const line of lines) {
    const command = parseCommand(line, maxLineBytes);
    const isSame = command.kind === 'produce' && command.topic === run[0]?.topic;
    if (run.length > 0 && !isSame) {
      yield run;
      run = [];
    }
    if (command.kind === 'produce') run.push(command);
    else yield [command];
  }
  if (run.length > 0) yield run;
}
