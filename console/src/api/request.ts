/** The broker said no, or (status 0) nothing at all; the message is for people. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: number;

  constructor(message: string, status: number, code: number) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }

  /** Nobody answered: the broker is gone, or too slow. */
  get isSilence(): boolean {
    return this.status === 0;
  }

  /** Whether the same question would be refused again: it is wrong, not the broker. */
  get isFinal(): boolean {
    return this.status >= 400 && this.status < 500;
  }
}

const TIMEOUT_MS = 15_000;

/** Asks the broker; rejects with ApiError, and with an AbortError when the caller gave up. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await ask(path, {}, signal)) as T;
}

/** Tells the broker something; null where its answer has no body. */
export async function sendJson<T>(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<T | null> {
  const init: RequestInit = { method };
  if (body !== undefined) {
    init.headers = { 'content-type': 'application/json' };
    init.body = JSON.stringify(body);
  }
  return (await ask(path, init)) as T | null;
}

/** Why a stream cannot be read, or null where it can; a stream that begins is given up. */
export async function refusalOf(path: string, signal: AbortSignal): Promise<ApiError | null> {
  const given = new AbortController();
  try {
    const response = await fetch(path, { signal: AbortSignal.any([signal, given.signal]) });
    return response.ok ? null : refusal(response, parse(await response.text()));
  } catch {
    return new ApiError('The broker does not answer.', 0, 0);
  } finally {
    given.abort();
  }
}

async function ask(path: string, init: RequestInit, signal?: AbortSignal): Promise<unknown> {
  const late = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(path, {
    ...init,
    signal: signal ? AbortSignal.any([signal, late]) : late,
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new ApiError('The broker does not answer.', 0, 0);
  });
  const text = await response.text();
  const parsed = parse(text);
  if (response.ok) return parsed ?? null;
  throw refusal(response, parsed);
}

function refusal({ status }: Response, body: unknown): ApiError {
  const { error_code: code, message } = (body ?? {}) as { error_code?: number; message?: string };
  return new ApiError(message ?? `HTTP ${status}`, status, code ?? 0);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** What to show of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
