import { MAX_LINE_CHARS } from './control-messages.ts';

/** Puts lines together from what comes in pieces. */
export class TextLines {
  #rest = '';

  /** The lines that are whole now. Throws when one is too long. */
  take(piece: string): string[] {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop()!;
    const longest = Math.max(this.#rest.length, ...lines.map(({ length }) => length));
    if (longest > MAX_LINE_CHARS) throw new Error('a line is too long');
    return lines;
  }
}
