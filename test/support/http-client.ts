import { request, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';

/** An answer, read whole. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body, where it is JSON. */
  readonly json: unknown;
}

export interface HttpAsk {
  readonly headers?: Record<string, string>;
  /** An object is sent as JSON. */
  readonly body?: unknown;
}

/** Asks a server in one line: `await http.ask('GET /topics')`. The path is sent as it is written. */
export class HttpClient {
  readonly url: string;

  constructor(url: string | null) {
    if (url === null) throw new Error('this broker serves no HTTP');
    this.url = url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  ask(line: string, { headers = {}, body }: HttpAsk = {}): Promise<HttpAnswer> {
    const [method, path] = line.split(' ') as [string, string];
    const isText = typeof body === 'string' || body === undefined;
    const text = isText ? body : JSON.stringify(body);
    const sent = isText ? headers : { 'content-type': 'application/json', ...headers };
    const { hostname: host, port } = new URL(this.url);
    return new Promise((resolve, reject) => {
      const length = text === undefined ? {} : { 'content-length': Buffer.byteLength(text) };
      const asked = request({ host, port, method, path, headers: { ...length, ...sent } });
      asked.on('error', reject);
      asked.on('response', response => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode: status, headers: got } = response;
          const answer = Buffer.concat(pieces).toString();
          resolve({ status: status!, headers: got, text: answer, json: jsonIn(answer) });
        });
      });
      asked.end(text);
    });
  }

  /** The JSON of an answer that must be good. */
  async get<T = Record<string, unknown>>(path: string, ask: HttpAsk = {}): Promise<T> {
    const answer = await this.ask(`GET ${path}`, ask);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return answer.json as T;
  }

  /** What comes back for bytes on a socket, until the server hangs up. */
  raw(bytes: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(this.port, '127.0.0.1', () => socket.write(bytes));
      socket.on('data', piece => (answer += piece.toString()));
      socket.on('close', () => resolve(answer));
      socket.on('error', error => (answer === '' ? reject(error) : resolve(answer)));
    });
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
