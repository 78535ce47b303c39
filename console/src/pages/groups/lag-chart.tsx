import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { GroupView } from '../../api/types.ts';
import { shortCount } from '../../format.ts';
import { TimeChart, type Curve } from '../../parts/time-chart.tsx';
import { Series } from '../../state/series.ts';

/** Ten minutes. */
const SAMPLES = 300;
/** More curves than that cannot be told apart: those furthest behind, and the sum. */
const CURVES = 5;

interface Course {
  seen: GroupView | null;
  readonly total: Series;
  readonly partitions: Map<string, (number | null)[]>;
}

/** The lag of a group since its page was opened: of all, and of the partitions furthest behind. */
export function LagChart({ group }: { readonly group: GroupView }): JSX.Element {
  const kept = useRef<Course>({ seen: null, total: new Series(SAMPLES), partitions: new Map() });
  const course = kept.current;
  if (course.seen !== group) observe(course, group);
  const { total, partitions } = course;
  const furthest = [...group.partitions]
    .sort((one, other) => (other.lag ?? 0) - (one.lag ?? 0))
    .slice(0, CURVES)
    .map(nameOf)
    .sort();
  const single = partitions.size === 1;
  const curves: Curve[] = [
    { label: 'All', values: total.values },
    ...(single ? [] : furthest.map(label => ({ label, values: partitions.get(label) ?? [] }))),
  ];
  return <TimeChart label="Lag" times={total.times} curves={curves} format={shortCount} />;
}

function observe(course: Course, group: GroupView): void {
  const { total, partitions } = course;
  course.seen = group;
  const sum = group.partitions.reduce((lag, one) => lag + (one.lag ?? 0), 0);
  total.push(Date.now(), sum);
  const now = new Map(group.partitions.map(one => [nameOf(one), one.lag]));
  for (const name of new Set([...now.keys(), ...partitions.keys()])) {
    const before = partitions.get(name) ?? Array<null>(total.times.length - 1).fill(null);
    partitions.set(name, [...before, now.get(name) ?? null].slice(-total.times.length));
  }
}

function nameOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}-${partition}`;
}
