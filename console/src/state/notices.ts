import { signal } from '@preact/signals';

export interface Notice {
  readonly id: number;
  readonly text: string;
}

/** What was done, said for a while. */
export const notices = signal<readonly Notice[]>([]);

const SHOWN_MS = 5_000;
let next = 0;

export function notify(text: string): void {
  const notice = { id: next++, text };
  notices.value = [...notices.value, notice];
  setTimeout(() => {
    notices.value = notices.value.filter(other => other !== notice);
  }, SHOWN_MS);
}
