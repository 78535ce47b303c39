import { isUtf8 } from 'node:buffer';
import type { Line } from './line-reader.ts';
import { Words, WordError, wordOf, type Word } from './words.ts';

/** A record to produce. */
export interface ProduceCommand {
  readonly kind: 'produce';
  readonly topic: string;
  readonly key: Word;
  readonly value: Word;
}

export interface ConsumeCommand {
  readonly kind: 'consume';
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly count: number;
}

/** A line that is no command, and whether no other can follow it. */
export interface Refusal {
  readonly kind: 'refused';
  readonly code: string;
  readonly message: string;
  readonly isLast: boolean;
}

export type Command =
  | ProduceCommand
  | ConsumeCommand
  | Refusal
  | { readonly kind: 'topics' | 'help' | 'quit' | 'nothing' };

const COUNT_DEFAULT = 10;
const COUNT_MAX = 1_000_000;
/** What a browser, or any other client of HTTP, says first; its first line may be one that is too long. */
const HTTP_LINE = /^(?:\S+ \S*\/\S* HTTP\/1\.\d$|host:)/i;

export const HELP: readonly string[] = [
  'PRODUCE topic [key] value    appends a record; the value is the rest of the line',
  'CONSUME topic partition offset [count]    reads 10 records, or count',
  'TOPICS    lists the topics',
  'QUIT    closes the connection',
  'Words are parted by blanks, or stand in "quotes" with \\" \\\\ \\n \\r \\t \\xHH; - is null.',
  'A value with blanks and without a key stands in quotes, or begins with { or [.',
  'Records come as: RECORD partition offset timestamp key value; headers are not shown.',
];

const USAGE = {
  PRODUCE: 'PRODUCE topic [key] value',
  CONSUME: 'CONSUME topic partition offset [count]',
} as const;

/** Reads one line. */
export function parseCommand(line: Line, maxBytes: number): Command {
  if (line === 'too long') return refused('LINE_TOO_LONG', `a line has at most ${maxBytes} bytes`);
  if (!isUtf8(line)) return refused('NOT_UTF8', 'a line is text in UTF-8');
  const text = line.toString('utf8');
  if (HTTP_LINE.test(text)) {
    // A page can make a browser send commands in a body: it must not come to that.
    return { ...refused('NOT_HTTP', 'this port speaks no HTTP'), isLast: true };
  }
  try {
    return commandIn(new Words(text));
  } catch (error) {
    if (!(error instanceof WordError)) throw error;
    return refused('BAD_QUOTES', error.message);
  }
}

function commandIn(words: Words): Command {
  if (words.isAtEnd) return { kind: 'nothing' };
  const name = words.next();
  switch (name?.toString('utf8').toUpperCase()) {
    case 'PRODUCE':
      return produceIn(words);
    case 'CONSUME':
      return consumeIn(words);
    case 'TOPICS':
      return alone('topics', words);
    case 'HELP':
      return alone('help', words);
    case 'QUIT':
      return alone('quit', words);
    default: {
      const shown = wordOf(name?.subarray(0, 40) ?? null);
      return refused('UNKNOWN_COMMAND', `there is no command ${shown}: try HELP`);
    }
  }
}

function alone(kind: 'topics' | 'help' | 'quit', words: Words): Command {
  return words.isAtEnd ? { kind } : refused('BAD_ARGUMENT', `${kind.toUpperCase()} stands alone`);
}

/** One word is a value; of two and more the first is a key, unless it begins a JSON document. */
function produceIn(words: Words): Command {
  const topic = words.isAtEnd ? null : words.next();
  if (topic === null || words.isAtEnd) return refused('MISSING_ARGUMENT', USAGE.PRODUCE);
  const command = { kind: 'produce', topic: topic.toString('utf8') } as const;
  if (words.isAtJson) return { ...command, key: null, value: words.rest() };
  const first = words.next();
  return words.isAtEnd
    ? { ...command, key: null, value: first }
    : { ...command, key: first, value: words.rest() };
}

function consumeIn(words: Words): Command {
  const found: string[] = [];
  while (!words.isAtEnd && found.length < 5) found.push(words.next()?.toString('utf8') ?? '-');
  const [topic, partition, offset, count = String(COUNT_DEFAULT)] = found;
  if (offset === undefined) return refused('MISSING_ARGUMENT', USAGE.CONSUME);
  if (found.length > 4) return refused('BAD_ARGUMENT', `too many words: ${USAGE.CONSUME}`);
  const numbers = [partition!, offset, count].map(numberIn);
  if (numbers.some(number => number < 0)) {
    return refused('BAD_ARGUMENT', `partition, offset and count are numbers: ${USAGE.CONSUME}`);
  }
  const [at, from, many] = numbers as [number, number, number];
  if (many > COUNT_MAX) return refused('BAD_ARGUMENT', `count is at most ${COUNT_MAX}`);
  return { kind: 'consume', topic: topic!, partition: at, offset: from, count: many };
}

/** A whole number from 0; -1 for what is none. */
function numberIn(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : -1;
  return Number.isSafeInteger(number) ? number : -1;
}

function refused(code: string, message: string): Refusal {
  return { kind: 'refused', code, message, isLast: false };
}
