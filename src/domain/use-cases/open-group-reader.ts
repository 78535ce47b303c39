import {
  GroupReader,
  type GroupReaderOptions,
  type GroupReaderParts,
} from './runtime/group-reader.ts';

/** Makes readers for clients that come and go with every request, and belong to a group all the same. */
export class OpenGroupReader {
  readonly #parts: GroupReaderParts;

  constructor(parts: GroupReaderParts) {
    this.#parts = parts;
  }

  /** It joins the group when it subscribes. Whoever opens a reader closes it. */
  execute(options: GroupReaderOptions): GroupReader {
    return new GroupReader(this.#parts, options);
  }
}
