import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

/** A client of lines: what `nc` is to a person. */
export class TextClient {
  readonly socket: Socket;
  readonly #lines: string[] = [];
  #text = '';
  #hasEnded = false;
  #wake = (): void => {};

  static async connect(port: number): Promise<TextClient> {
    const socket = createConnection({ host: '127.0.0.1', port, allowHalfOpen: true });
    await once(socket, 'connect');
    return new TextClient(socket);
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    for (const event of ['end', 'close'] as const) {
      socket.on(event, () => {
        this.#hasEnded = true;
        this.#wake();
      });
    }
    socket.on('error', () => {});
  }

  send(...lines: string[]): void {
    this.socket.write(lines.map(line => `${line}\n`).join(''));
  }

  /** The next line; null when no more comes. */
  async line(): Promise<string | null> {
    while (this.#lines.length === 0 && !this.#hasEnded) {
      await new Promise<void>(resolve => (this.#wake = resolve));
    }
    return this.#lines.shift() ?? null;
  }

  /** All lines up to one that begins with OK or ERR. */
  async answer(): Promise<string[]> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.line();
      if (line === null) throw new Error(`the answer ends after ${JSON.stringify(lines)}`);
      lines.push(line);
      if (/^(OK|ERR)\b/.test(line)) return lines;
    }
  }

  async ask(command: string): Promise<string[]> {
    this.send(command);
    return this.answer();
  }

  /** Everything that still comes. */
  async rest(): Promise<string[]> {
    const lines: string[] = [];
    for (let line; (line = await this.line()) !== null;) lines.push(line);
    return lines;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #take(text: string): void {
    const lines = (this.#text + text).split('\n');
    this.#text = lines.pop()!;
    this.#lines.push(...lines);
    this.#wake();
  }
}
