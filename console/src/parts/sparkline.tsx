import type { JSX } from 'preact';
import { memo } from './memo.ts';

const WIDTH = 96;
const HEIGHT = 24;
const SLOTS = 40;

/** The course of a rate, the newest on the right. `version` says that the same array has got more. */
export const Sparkline = memo(function Sparkline({
  values,
}: {
  readonly values: readonly (number | null)[];
  readonly version: number;
}): JSX.Element {
  const top = Math.max(1e-9, ...values.map(value => value ?? 0));
  const step = WIDTH / (SLOTS - 1);
  const from = WIDTH - (values.length - 1) * step;
  const points = values.map((value, at) => {
    const y = HEIGHT - 2 - ((value ?? 0) / top) * (HEIGHT - 4);
    return `${(from + at * step).toFixed(1)},${y.toFixed(1)}`;
  });
  const isQuiet = values.every(value => !value);
  const line =
    points.length < 2 || isQuiet ? `0,${HEIGHT - 2} ${WIDTH},${HEIGHT - 2}` : points.join(' ');
  const area = `${from.toFixed(1)},${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}`;
  return (
    <svg
      class={isQuiet ? 'spark quiet' : 'spark'}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {isQuiet ? null : <polygon points={area} />}
      <polyline points={line} />
    </svg>
  );
});
