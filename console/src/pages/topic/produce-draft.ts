/** What somebody is about to produce. */
export interface ProduceDraft {
  readonly key: string;
  readonly hasKey: boolean;
  readonly value: string;
  readonly valueType: ValueType;
  /** Null lets the broker choose. */
  readonly partition: number | null;
  readonly headers: readonly HeaderDraft[];
}

export type ValueType = 'JSON' | 'Text' | 'Base64' | 'Null';

export interface HeaderDraft {
  readonly name: string;
  readonly value: string;
}

export const EMPTY_DRAFT: ProduceDraft = {
  key: '',
  hasKey: false,
  value: '',
  valueType: 'JSON',
  partition: null,
  headers: [],
};

/** What is wrong with the value, or null. */
export function valueProblem({ value, valueType }: ProduceDraft): string | null {
  try {
    if (valueType === 'JSON') JSON.parse(value);
    if (valueType === 'Base64') atob(value);
    return null;
  } catch (error) {
    if (valueType === 'Base64') return 'This is not base64.';
    return value.trim() === '' ? 'A JSON value cannot be empty.' : (error as Error).message;
  }
}

/** The body of Confluent's `POST /v3/clusters/{id}/topics/{topic}/records`. */
export function requestOf(draft: ProduceDraft): object {
  const { key, hasKey, partition, headers } = draft;
  return {
    ...(partition === null ? {} : { partition_id: partition }),
    ...(hasKey ? { key: { type: 'STRING', data: key } } : {}),
    ...(draft.valueType === 'Null' ? {} : { value: valueOf(draft) }),
    headers: headers
      .filter(({ name }) => name !== '')
      .map(({ name, value }) => ({ name, value: base64Of(value) })),
  };
}

function valueOf({ value, valueType }: ProduceDraft): object {
  // JSON goes as the text that it is: parsed and written again, large numbers would be others.
  return { type: valueType === 'Base64' ? 'BINARY' : 'STRING', data: value };
}

function base64Of(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''));
}
