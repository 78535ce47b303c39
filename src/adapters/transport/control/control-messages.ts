/**
 * What goes over the control channel: one JSON object a line. A connection carries one request; the answers are any number of
 * progress lines, then one that says how it ended. Whoever asks keeps its side open until then: who closes it has gone away.
 */
export interface ControlRequest {
  readonly command: string;
  readonly [name: string]: unknown;
}

export type ControlAnswer =
  | { readonly progress: unknown }
  | { readonly done: unknown }
  | { readonly error: { readonly name: string; readonly message: string } };

/** In UTF-16 units, whoever writes it. */
export const MAX_LINE_CHARS = 64 * 1024;
/** An error's text fits into a line, though each of its characters is escaped. */
const MAX_MESSAGE_CHARS = 8 * 1024;

export function encodeLine(message: ControlRequest | ControlAnswer): string {
  return `${JSON.stringify(message)}\n`;
}

export function errorAnswer(error: unknown): ControlAnswer {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { error: { name, message: message.slice(0, MAX_MESSAGE_CHARS) } };
}

/** Null for what is no request. */
export function parseRequest(line: string): ControlRequest | null {
  const request = parsed(line);
  return request !== null && typeof request['command'] === 'string'
    ? (request as ControlRequest)
    : null;
}

/** Null for what is no answer. */
export function parseAnswer(line: string): ControlAnswer | null {
  const answer = parsed(line);
  if (answer === null) return null;
  if ('progress' in answer || 'done' in answer) return answer as ControlAnswer;
  const { error } = answer;
  const isError = typeof error === 'object' && error !== null && 'message' in error;
  return isError && typeof error.message === 'string' ? (answer as ControlAnswer) : null;
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    const read: unknown = JSON.parse(line);
    return typeof read === 'object' ? (read as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}
