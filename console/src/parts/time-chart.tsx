import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { theme } from '../state/theme.ts';
import { colorOf, CURVES } from './colors.ts';

export interface Curve {
  readonly label: string;
  readonly values: readonly (number | null)[];
}

export interface TimeChartProps {
  readonly label: string;
  /** In milliseconds; every curve has a value for each. */
  readonly times: readonly number[];
  readonly curves: readonly Curve[];
  readonly format: (value: number | null) => string;
  readonly height?: number;
  /** Whether powers of two make round figures. */
  readonly binary?: boolean;
}

const HEIGHT = 200;
/** What fits beside the chart. */
const AXIS_WIDTH = 64;
const TIME_AXIS_HEIGHT = 28;
const TIME_SPACE = 80;
const POWERS_OF_TWO = Array.from({ length: 50 }, (_, power) => 2 ** power);

/** Curves over time, in the colours of the theme, with what is under the pointer in the legend. */
export function TimeChart(props: TimeChartProps): JSX.Element {
  const { label, times, curves, format, height = HEIGHT, binary = false } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const names = curves.map(curve => curve.label).join('\n');
  const current = theme.value;
  useEffect(() => {
    const element = place.current!;
    const width = element.clientWidth;
    const made = new uPlot(
      optionsOf({ curves, format, binary, width, height }),
      dataOf(times, curves),
      element,
    );
    plot.current = made;
    const sizes = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      made.destroy();
    };
  }, [names, current, height]);
  useEffect(() => {
    const made = plot.current!;
    made.setData(dataOf(times, curves));
    // Where nobody points, the legend tells what is now.
    const isPointed = (made.cursor.idx ?? null) !== null;
    if (!isPointed && times.length > 0) made.setLegend({ idx: times.length - 1 });
  }, [times.length, times.at(-1), names, current]);
  return <div ref={place} class="chart" role="img" aria-label={`${label}: ${spoken(props)}`} />;
}

function spoken({ curves, format }: TimeChartProps): string {
  return curves.map(({ label, values }) => `${label} ${format(values.at(-1) ?? null)}`).join(', ');
}

function dataOf(times: readonly number[], curves: readonly Curve[]): uPlot.AlignedData {
  return [times.map(ms => ms / 1000), ...curves.map(({ values }) => [...values])];
}

function optionsOf(chart: {
  curves: readonly Curve[];
  format: TimeChartProps['format'];
  binary: boolean;
  width: number;
  height: number;
}): uPlot.Options {
  const { curves, format, binary, width, height } = chart;
  const axis = { stroke: colorOf('--muted'), font: '11px system-ui, sans-serif' };
  const grid = { stroke: colorOf('--line'), width: 1 };
  return {
    width,
    height,
    cursor: { y: false, points: { size: 7 } },
    legend: { live: true },
    padding: [8, 12, 0, 0],
    scales: {
      x: { time: true },
      y: { range: (_, low, high) => [Math.min(0, low), headroom(high)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        ticks: { show: false },
        size: TIME_AXIS_HEIGHT,
        space: TIME_SPACE,
        values: (_, ticks) => ticks.map(clockText),
      },
      {
        ...axis,
        grid,
        ticks: { show: false },
        size: AXIS_WIDTH,
        ...(binary ? { incrs: POWERS_OF_TWO } : {}),
        values: (_, ticks) => ticks.map(tick => format(tick)),
      },
    ],
    series: [
      { value: (_, seconds: number | null) => (seconds === null ? '' : clockText(seconds)) },
      ...curves.map((curve, at) => seriesOf(curve, at, format)),
    ],
  };
}

function seriesOf({ label }: Curve, at: number, format: TimeChartProps['format']): uPlot.Series {
  const stroke = colorOf(CURVES[at % CURVES.length]!);
  return {
    label,
    stroke,
    width: 1.75,
    points: { show: false },
    value: (_, value: number | null) => format(value),
  };
}

/** A flat line at zero wants room above it, too. */
function headroom(high: number): number {
  return high > 0 ? high * 1.15 : 1;
}

const clock = new Intl.DateTimeFormat('sv', { timeStyle: 'medium' });

function clockText(seconds: number): string {
  return clock.format(new Date(seconds * 1000));
}
