import type { Field } from '../../api/types.ts';

const PREVIEW = 300;

/** A key or a value in one line. */
export function previewOf(field: Field): string {
  switch (field.type) {
    case 'null':
      return 'null';
    case 'json':
      return shortened(JSON.stringify(field.data));
    case 'string':
      return visible(shortened(String(field.data)));
    case 'binary':
      return shortened(hexOf(bytesOf(String(field.data).slice(0, 88)), ' '));
  }
}

/** What has no glyph, or turns the direction of writing, would lie about the rest of the line. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

function visible(text: string): string {
  return text.replace(UNSEEN, letter => {
    const code = letter.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, '0')}`;
  });
}

function shortened(text: string): string {
  return text.length > PREVIEW ? `${text.slice(0, PREVIEW)}…` : text;
}

/** The bytes behind base64. */
export function bytesOf(base64: string): Uint8Array {
  const text = atob(base64);
  return Uint8Array.from(text, letter => letter.charCodeAt(0));
}

export function hexOf(bytes: Uint8Array, between = ''): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(between);
}
