/** How records are looked for; the broker does it. */
export interface Filter {
  readonly by: FilterKind;
  readonly text: string;
}

export type FilterKind = keyof typeof FILTER_KINDS;

export const FILTER_KINDS = {
  contains: { label: 'Value contains', example: 'Text in the value' },
  key: { label: 'Key is', example: 'The whole key' },
  header: { label: 'Header', example: 'name or name:value' },
  path: { label: 'JSON path', example: '$.customer.id = 17' },
} as const;

export const NO_FILTER: Filter = { by: 'contains', text: '' };

/** The filter as the broker wants to be asked; nothing for one without a text. */
export function filterQuery({ by, text }: Filter): Record<string, string> {
  const wanted = text.trim();
  if (wanted === '') return {};
  if (by !== 'path') return { [by]: wanted };
  const [, path, literal] = /^(.*?)\s*=\s*(.*)$/.exec(wanted) ?? [];
  return path === undefined ? { path: wanted } : { path, equals: literal! };
}
