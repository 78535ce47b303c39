import { CompressionError } from '../../ports/compression.ts';

/** A native package that an installation may lack: loaded when first used, and then kept. */
export class OptionalPackage<T> {
  readonly #name: string;
  readonly #load: () => Promise<T>;
  #loaded: T | undefined;

  constructor(name: string, load: () => Promise<T>) {
    this.#name = name;
    this.#load = load;
  }

  /** Throws CompressionError `unavailable`, and tries again at the next call. */
  async get(): Promise<T> {
    if (this.#loaded !== undefined) return this.#loaded;
    try {
      this.#loaded = await this.#load();
      return this.#loaded;
    } catch (cause) {
      const message = `this codec needs the package ${this.#name}: npm install ${this.#name}`;
      throw new CompressionError('unavailable', message, { cause });
    }
  }
}
