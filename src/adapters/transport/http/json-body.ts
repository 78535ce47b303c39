import { HttpError } from './http-errors.ts';
import { whyChanged } from './json-text.ts';

/** What somebody can do whose JSON cannot be kept as it is. */
export const SEND_IT_OTHERWISE = 'send it as text (STRING) or base64 (BINARY)';

/**
 * An empty body is none; `__proto__` is a field like any other, for nothing is merged from a body. What would not be the same
 * afterwards, for its numbers or its depth, is refused.
 */
export function parseJson(body: string, done: (error: Error | null, body?: unknown) => void): void {
  if (body === '') return done(null, undefined);
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (error) {
    return done(new HttpError(400, `the body is not JSON: ${(error as Error).message}`));
  }
  const why = whyChanged(body);
  if (why === null) return done(null, parsed);
  done(new HttpError(422, `the body ${why}: ${SEND_IT_OTHERWISE}`));
}
