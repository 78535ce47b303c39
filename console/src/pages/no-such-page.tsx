import type { JSX } from 'preact';
import { Empty } from '../parts/states.tsx';
import { hrefOf } from '../state/route.ts';

export function NoSuchPage(): JSX.Element {
  return (
    <Empty title="There is no such page">
      <a class="button" href={hrefOf('topics')}>
        Go to the topics
      </a>
    </Empty>
  );
}
