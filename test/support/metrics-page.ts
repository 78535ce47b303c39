import { expect } from 'vitest';

/** One series of a page: its name with all labels, and its value. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = `${NAME}="(?:[^"\\\\\\n]|\\\\["\\\\n])*"`;
const SAMPLE = new RegExp(
  `^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (NaN|[+-]Inf|[0-9.e+-]+)$`,
);
const COMMENT = new RegExp(`^# (HELP ${NAME} .+|TYPE ${NAME} (counter|gauge|histogram|summary))$`);
const SUFFIXES = /_(bucket|sum|count)$/;

/**
 * Reads Prometheus's text format 0.0.4 as strictly as its specification: every line is understood, the lines of a name are
 * together and below their type, and no series is told twice.
 */
export class MetricsText {
  readonly samples: Sample[] = [];
  /** Names with a type. */
  readonly types = new Map<string, string>();

  constructor(text: string) {
    expect(text.endsWith('\n')).toBe(true);
    const seen = new Set<string>();
    let family = '';
    for (const line of text.split('\n')) {
      if (line === '') continue;
      if (line.startsWith('#')) family = this.#comment(line, family);
      else this.#sample(line, family, seen);
    }
  }

  /** The values of a name, by what the labels given say. */
  find(name: string, labels: Readonly<Record<string, string>> = {}): number[] {
    const wanted = Object.entries(labels);
    return this.samples
      .filter(one => one.name === name && wanted.every(([key, value]) => one.labels[key] === value))
      .map(({ value }) => value);
  }

  /** The value of the one series with these labels and no others. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const found = this.samples.filter(
      one => one.name === name && JSON.stringify(one.labels) === JSON.stringify(labels),
    );
    expect(found, `${name} ${JSON.stringify(labels)}`).toHaveLength(1);
    return found[0]!.value;
  }

  get names(): Set<string> {
    return new Set(this.samples.map(({ name }) => name));
  }

  #comment(line: string, family: string): string {
    const [, kind, name, type] = /^# (\S+) (\S+) (\S+)/.exec(line) ?? [];
    expect(line).toMatch(COMMENT);
    if (kind === 'TYPE') {
      expect(name).toBe(family);
      this.types.set(name!, type!);
      return name!;
    }
    expect(this.types.has(name!), `${name} is told in one place`).toBe(false);
    return name!;
  }

  #sample(line: string, family: string, seen: Set<string>): void {
    const match = SAMPLE.exec(line);
    expect(match, line).not.toBeNull();
    const [, name, labels = '', value] = match!;
    expect([name, name!.replace(SUFFIXES, '')]).toContain(family);
    const series = line.slice(0, line.lastIndexOf(' '));
    expect(seen.has(series), `${series} is told once`).toBe(false);
    seen.add(series);
    this.samples.push({ name: name!, labels: labelsOf(labels), value: numberOf(value!) });
  }
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name, value] of text.matchAll(/([^,=]+)="((?:[^"\\]|\\.)*)"/g)) {
    labels[name!] = value!.replace(/\\(.)/g, (_, escaped: string) =>
      escaped === 'n' ? '\n' : escaped,
    );
  }
  return labels;
}

function numberOf(text: string): number {
  return text.endsWith('Inf') ? Number(text.replace('Inf', 'Infinity')) : Number(text);
}
