/** A quick look: no number of fewer than 16 digits, and without an exponent, is changed by being read. */
const SUSPECT = /\d[\d.]{15}|\d[eE]/;
/** A number of JSON (RFC 8259, 6), or where a string begins. */
const NUMBER_OR_QUOTE = /"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const PARTS = /^-?(\d+)(?:\.(\d+))?(?:[eE](.+))?$/;
/** So many digits tell every double apart. */
const DOUBLE_DIGITS = 17;
const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/**
 * Whether a JSON text has a number that a double does not keep, such as 9007199254740993 or 1e400. What is printed of a double, in
 * however few or in 17 digits, is kept.
 */
export function losesDigits(text: string): boolean {
  return SUSPECT.test(text) && changedNumbers(text).next().done !== true;
}

/** A JSON text with the numbers that a double does not keep as strings of their digits. */
export function withExactNumbers(text: string): string {
  if (!SUSPECT.test(text)) return text;
  let [exact, from] = ['', 0];
  for (const { literal, at } of changedNumbers(text)) {
    exact += `${text.slice(from, at)}"${literal}"`;
    from = at + literal.length;
  }
  return exact + text.slice(from);
}

/** Whether arrays and objects lie in one another more than so many times. */
export function isDeeperThan(depthMax: number, text: string): boolean {
  // Each has an end.
  if (text.length <= 2 * depthMax) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at + 1);
    else if (CLOSING.has(code)) depth--;
    else if (OPENING.has(code) && ++depth > depthMax) return true;
  }
  return false;
}

function* changedNumbers(text: string): Generator<{ literal: string; at: number }> {
  const tokens = new RegExp(NUMBER_OR_QUOTE);
  for (let token = tokens.exec(text); token !== null; token = tokens.exec(text)) {
    const [literal] = token;
    if (literal === '"') tokens.lastIndex = endOfString(text, tokens.lastIndex) + 1;
    else if (isChanged(literal)) yield { literal, at: token.index };
  }
}

/** By hand: an expression for strings needs a stack as deep as they are long. */
function endOfString(text: string, start: number): number {
  let at = start;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) {
    at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  }
  return at;
}

function isChanged(literal: string): boolean {
  const value = Number(literal);
  if (!Number.isFinite(value)) return true;
  const meant = digitsOf(literal);
  return meant !== digitsOf(String(value)) && meant !== digitsOf(value.toPrecision(DOUBLE_DIGITS));
}

/** The digits that matter, and where they are: 150, 150.0 and 1.5e2 are all `15e1`. */
function digitsOf(literal: string): string {
  const [, whole, fraction = '', exponent = '0'] = PARTS.exec(literal)!;
  const digits = (whole! + fraction).replace(/^0+/, '');
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  if (end === 0) return '0';
  return `${digits.slice(0, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
}
