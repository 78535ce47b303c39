import { signal } from '@preact/signals';

/** The same bound as in the styles. */
const query = matchMedia('(max-width: 720px)');

/** Whether the window is as narrow as a phone: rows are cards then, and have another height. */
export const narrow = signal(query.matches);

query.addEventListener('change', () => {
  narrow.value = query.matches;
});
