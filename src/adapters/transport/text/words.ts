import { isUtf8 } from 'node:buffer';

/** What cannot be read as words. */
export class WordError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WordError';
  }
}

/** A word as its bytes; null for `-`, which stands for Kafka's null. */
export type Word = Buffer | null;

const BLANKS = /[ \t]*/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const PLAIN = /[^ \t]+/y;
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|(.))/g;
const MEANINGS: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  '\\': '\\',
};

/** A word that needs no quotes, and a value that needs none at the end of a line. */
const PLAIN_WORD = /^[^\s"{[\p{Cc}][^\s\p{Cc}]*$/u;
const PLAIN_VALUE = /^[^\s"\p{Cc}](?:[^\p{Cc}\u2028\u2029]*[^\s\p{Cc}])?$/u;
const NULL = '-';

/** Takes a line apart, from its front. */
export class Words {
  readonly #line: string;
  #at = 0;

  constructor(line: string) {
    this.#line = line;
    this.#skipBlanks();
  }

  get isAtEnd(): boolean {
    return this.#at === this.#line.length;
  }

  /** Whether what follows begins like a JSON object or array. */
  get isAtJson(): boolean {
    return this.#line[this.#at] === '{' || this.#line[this.#at] === '[';
  }

  /** The next word: to the next blank, or in double quotes with the escapes \" \\ \n \r \t \xHH. */
  next(): Word {
    const word = this.#line[this.#at] === '"' ? this.#quoted() : bytesOf(this.#match(PLAIN)![0]);
    this.#skipBlanks();
    return word;
  }

  /** All that is left: a word in quotes, or the text as it stands. */
  rest(): Word {
    if (this.#line[this.#at] === '"') {
      const word = this.next();
      if (this.isAtEnd) return word;
      throw new WordError('something follows the closing quote');
    }
    const text = this.#line.slice(this.#at);
    this.#at = this.#line.length;
    return bytesOf(text);
  }

  #quoted(): Buffer {
    const quoted = this.#match(QUOTED);
    if (quoted === null) throw new WordError('a quote is not closed');
    if (this.#at < this.#line.length && !' \t'.includes(this.#line[this.#at]!)) {
      throw new WordError('something follows the closing quote');
    }
    return unescaped(quoted[1]!);
  }

  #skipBlanks(): void {
    this.#match(BLANKS);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#line);
    if (found !== null) this.#at = pattern.lastIndex;
    return found;
  }
}

/** A word of an answer, such as `next` of Words reads again. */
export function wordOf(bytes: Word): string {
  return shown(bytes, PLAIN_WORD);
}

/** The end of a line of an answer, such as `rest` of Words reads again. */
export function restOf(bytes: Word): string {
  return shown(bytes, PLAIN_VALUE);
}

function shown(bytes: Word, plain: RegExp): string {
  if (bytes === null) return NULL;
  if (!isUtf8(bytes)) return quotedBytes(bytes);
  const text = bytes.toString('utf8');
  return text !== NULL && plain.test(text) ? text : quotedText(text);
}

function bytesOf(plain: string): Word {
  return plain === NULL ? null : Buffer.from(plain);
}

function unescaped(quoted: string): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (const found of quoted.matchAll(ESCAPE)) {
    const [escape, hex, letter] = found;
    const meaning = hex === undefined ? MEANINGS[letter!] : Buffer.from(hex, 'hex');
    if (meaning === undefined) throw new WordError(`${escape} is no escape`);
    parts.push(Buffer.from(quoted.slice(at, found.index)), Buffer.from(meaning));
    at = found.index + escape.length;
  }
  return Buffer.concat([...parts, Buffer.from(quoted.slice(at))]);
}

/** What is no character to be seen, or would end the line for somebody, is escaped. */
function quotedText(text: string): string {
  const escaped = text.replaceAll(/["\\\p{Cc}\u2028\u2029]/gu, character => {
    const [letter] = Object.entries(MEANINGS).find(([, meaning]) => meaning === character) ?? [];
    return letter === undefined ? hexOf(Buffer.from(character)) : `\\${letter}`;
  });
  return `"${escaped}"`;
}

function quotedBytes(bytes: Buffer): string {
  const escaped = bytes.toString('latin1').replaceAll(/["\\]|[^ -~]/g, character => {
    return character === '"' || character === '\\'
      ? `\\${character}`
      : hexOf(Buffer.from(character, 'latin1'));
  });
  return `"${escaped}"`;
}

function hexOf(bytes: Buffer): string {
  return Array.from(bytes, byte => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
