import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STORAGE_ENGINES } from '../../src/main/broker-options.ts';
import { startBroker, type Broker, type StartOptions } from '../../src/main/start-broker.ts';

/** Every storage engine, for `describe.each`: what a client sees is the same on all of them. */
export const ENGINES = STORAGE_ENGINES;

/** A broker of a test, on a free port, over a directory of its own that goes when the broker does. */
export class TestBroker {
  readonly #options: StartOptions;
  readonly #dataDir: string;
  #broker: Broker;

  constructor(options: StartOptions, dataDir: string, broker: Broker) {
    this.#options = options;
    this.#dataDir = dataDir;
    this.#broker = broker;
  }

  get bootstrap(): string {
    return this.#broker.bootstrap;
  }
  get port(): number {
    return this.#broker.port;
  }
  /** Null unless the options ask for HTTP. */
  get http(): string | null {
    return this.#broker.http;
  }
  get clusterId(): string {
    return this.#broker.clusterId;
  }

  /** Stops the broker and starts another on the same port and directory, as after an update. */
  async restart(): Promise<void> {
    const { port } = this;
    await this.#broker.stop();
    this.#broker = await startBroker({ ...this.#options, dataDir: this.#dataDir, port });
  }

  async stop(): Promise<void> {
    await this.#broker.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#dataDir, { recursive: true, force: true });
  }
}

/** One line in a test: `await using broker = await testBroker({ storage })`. */
export async function testBroker(options: StartOptions = {}): Promise<TestBroker> {
  const dataDir = await mkdtemp(join(tmpdir(), 'hexlog-test-'));
  try {
    return new TestBroker(options, dataDir, await startBroker({ ...options, dataDir }));
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
}
