/** The bytes of a base64 text, padded or not; null for what is none, which Node would read in part. */
export function base64Bytes(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return unpadded(bytes.toString('base64')) === unpadded(text) ? bytes : null;
}

function unpadded(text: string): string {
  return text.replace(/={1,2}$/, '');
}
