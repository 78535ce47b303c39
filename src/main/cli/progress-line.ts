import { sizeText } from './size-text.ts';

const BAR_CHARS = 30;
/** On a terminal the line is drawn anew; elsewhere a line now and then is enough. */
const TERMINAL_EVERY_MS = 100;
const LINE_EVERY_MS = 5_000;

/** Where progress is shown; stderr. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Shows how far a copy is: a bar that moves on a terminal, a line every few seconds where there is none. */
export class ProgressLine {
  readonly #what: string;
  readonly #output: ProgressOutput;
  readonly #now: () => number;
  #next: number;
  #isDrawn = false;

  constructor(
    what: string,
    output: ProgressOutput = process.stderr,
    now: () => number = () => performance.now(),
  ) {
    this.#what = what;
    this.#output = output;
    this.#now = now;
    this.#next = output.isTTY === true ? 0 : now() + LINE_EVERY_MS;
  }

  show(bytes: number, totalBytes: number): void {
    const now = this.#now();
    if (now < this.#next) return;
    const isTerminal = this.#output.isTTY === true;
    this.#next = now + (isTerminal ? TERMINAL_EVERY_MS : LINE_EVERY_MS);
    const share = totalBytes === 0 ? 1 : bytes / totalBytes;
    const facts = `${Math.floor(share * 100)}%, ${sizeText(bytes)} of ${sizeText(totalBytes)}`;
    if (!isTerminal) {
      this.#output.write(`${this.#what}: ${facts}\n`);
      return;
    }
    const done = Math.floor(share * BAR_CHARS);
    const bar = '#'.repeat(done) + '-'.repeat(BAR_CHARS - done);
    this.#output.write(`\r\x1b[K${this.#what} [${bar}] ${facts}`);
    this.#isDrawn = true;
  }

  /** A line for people in between. */
  interrupt(line: string): void {
    this.end();
    this.#output.write(`${line}\n`);
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#isDrawn) this.#output.write('\r\x1b[K');
    this.#isDrawn = false;
  }
}
