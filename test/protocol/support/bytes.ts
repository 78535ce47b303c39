/** Bytes written down part by part: hex with blanks for the reader's eye, or text. */
export function hex(...parts: readonly string[]): Buffer {
  return Buffer.from(parts.join('').replaceAll(/\s/g, ''), 'hex');
}
