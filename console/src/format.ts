/** Figures and times as people read them. An em dash stands for what is not known. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

export const UNKNOWN = '—';

export function count(value: number | null): string {
  return value === null ? UNKNOWN : whole.format(value);
}

export function shortCount(value: number | null): string {
  if (value === null) return UNKNOWN;
  return Math.abs(value) < 10_000 ? whole.format(value) : short.format(value);
}

export function rate(value: number | null): string {
  if (value === null) return UNKNOWN;
  return value < 100 ? tenths.format(value) : short.format(value);
}

/** A rate with its unit. */
export function perSecond(text: string): string {
  return text === UNKNOWN ? text : `${text}/s`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

export function bytes(value: number | null): string {
  if (value === null || value < 0) return UNKNOWN;
  let unit = 0;
  let rest = value;
  while (rest >= 1024 && unit < UNITS.length - 1) {
    rest /= 1024;
    unit++;
  }
  return `${rest < 100 && unit > 0 ? tenths.format(rest) : whole.format(rest)} ${UNITS[unit]}`;
}

export function milliseconds(value: number | null): string {
  if (value === null) return UNKNOWN;
  if (value >= 1000) return `${tenths.format(value / 1000)} s`;
  if (value === 0) return '0 ms';
  return `${value < 10 ? value.toFixed(2) : tenths.format(value)} ms`;
}

export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ');
}

const clock = new Intl.DateTimeFormat('sv', { timeStyle: 'medium' });
const day = new Intl.DateTimeFormat('sv', { dateStyle: 'short' });

/** Of this browser's place, to the millisecond. */
export function timestamp(ms: number): string {
  if (ms < 0 || !Number.isFinite(new Date(ms).getTime())) return UNKNOWN;
  const date = new Date(ms);
  const fraction = String(date.getMilliseconds()).padStart(3, '0');
  return `${day.format(date)} ${clock.format(date)}.${fraction}`;
}

export function plural(amount: number, one: string, many = `${one}s`): string {
  return `${whole.format(amount)} ${amount === 1 ? one : many}`;
}

/** Now, as an input of a local time wants it. */
export function localNow(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
